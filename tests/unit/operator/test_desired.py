from typing import Any

import pytest
from tracedpipeline import connection, desired, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body


def build(settings: Settings, **spec: Any) -> dict[str, dict[str, Any]]:
    pipeline = TracedPipeline.parse(body(**spec))
    objects = desired.build(pipeline, connection.from_spec(pipeline.spec), settings)
    return {f"{o['kind']}/{o['metadata']['name']}": o for o in objects}


def deployments(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {name: o["spec"]["template"] for name, o in objects.items() if o["kind"] == "Deployment"}


def test_every_pod_is_restricted(settings: Settings) -> None:
    for template in deployments(build(settings)).values():
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_everything_is_owned_by_the_pipeline(settings: Settings) -> None:
    for o in build(settings).values():
        (owner,) = o["metadata"]["ownerReferences"]
        assert (owner["uid"], owner["controller"]) == ("uid-orders", True)


def hashes(objects: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: t["metadata"]["annotations"][naming.CONFIG_HASH] for name, t in deployments(objects).items()}


@pytest.mark.parametrize(
    ("change", "rolled"),
    [
        ({"producer": {"ratePerSecond": 11}}, {"Deployment/orders-producer"}),
        ({"consumer": {"processingTime": "1ms"}}, {"Deployment/orders-consumer"}),
        ({"tracing": {"samplingRatio": 0.5}}, {"Deployment/orders-producer", "Deployment/orders-consumer"}),
        ({"collector": {"replicas": 2}}, set()),
    ],
)
def test_a_change_rolls_the_pods_that_it_concerns(settings: Settings, change: Any, rolled: set[str]) -> None:
    before, after = hashes(build(settings)), hashes(build(settings, **change))
    assert {name for name in before if before[name] != after[name]} == rolled


def test_credentials_are_files_and_never_variables(settings: Settings) -> None:
    security = {
        "protocol": "SASL_SSL",
        "mechanism": "PLAIN",
        "credentialsSecret": "login",
        "caSecret": "authority",
    }
    objects = build(settings, kafka={"bootstrapServers": "kafka:9093", "security": security})
    pod = deployments(objects)["Deployment/orders-consumer"]["spec"]
    assert not any("secretKeyRef" in str(variable) for variable in pod["containers"][0]["env"])
    assert {v["secret"]["secretName"] for v in pod["volumes"] if "secret" in v} == {"login", "authority"}


def test_variables_of_the_user_win(settings: Settings) -> None:
    objects = build(settings, producer={"env": [{"name": "PRODUCER_MESSAGE_BYTES", "value": "999"}]})
    (container,) = deployments(objects)["Deployment/orders-producer"]["spec"]["containers"]
    assert [v["value"] for v in container["env"] if v["name"] == "PRODUCER_MESSAGE_BYTES"] == ["999"]


def container(objects: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    (container,) = objects[f"Deployment/orders-{name}"]["spec"]["template"]["spec"]["containers"]
    return dict(container)


def test_a_users_variable_takes_the_place_of_ours(settings: Settings) -> None:
    env = [{"name": "LOG_LEVEL", "value": "DEBUG"}, {"name": "KAFKA_TOPIC", "value": ""}]
    names = [variable["name"] for variable in container(build(settings, producer={"env": env}), "producer")["env"]]
    assert (names.count("KAFKA_TOPIC"), names.count("LOG_LEVEL"), names[0]) == (1, 1, "POD_NAME")


@pytest.mark.parametrize(
    ("given", "other", "wanted"),
    [({"requests": {"memory": "4Gi"}}, "limits", "4Gi"), ({"limits": {"memory": "16Mi"}}, "requests", "16Mi")],
)
def test_what_the_spec_does_not_give_keeps_the_request_within_the_limit(
    settings: Settings, given: Any, other: str, wanted: str
) -> None:
    resources = container(build(settings, consumer={"resources": given}), "consumer")["resources"]
    assert resources[other]["memory"] == wanted
