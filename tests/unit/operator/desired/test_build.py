import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import desired, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.environment import WIRING
from tracedpipeline.kafka import connection, plan
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body

FLINK = {"engine": "Flink"}


def build(settings: Settings, **spec: Any) -> dict[str, dict[str, Any]]:
    pipeline = TracedPipeline.parse(body(**spec))
    objects = desired.build(pipeline, plan.access(pipeline), settings)
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


def scaled(component: str, replicas: int) -> dict[str, Any]:
    engine = {"engine": "Flink"} if component == "flink" else {}
    return {"consumer" if component == "flink" else component: {"replicas": replicas, **engine}}


@pytest.mark.parametrize("component", ["producer", "consumer", "collector"])
def test_to_scale_replaces_no_pod(settings: Settings, component: str) -> None:
    one = deployments(build(settings, **scaled(component, 1)))
    for replicas in range(2, 6):
        assert deployments(build(settings, **scaled(component, replicas))) == one


def test_a_flink_job_that_is_scaled_differs_in_its_parallelism_and_in_nothing_else(settings: Settings) -> None:
    """Its tasks are laid out again for another parallelism, so that it has to begin again from a savepoint."""

    def without_parallelism(replicas: int) -> Any:
        objects = build(settings, **scaled("flink", replicas))
        templates = deployments(objects)
        for component in ("jobmanager", "taskmanager"):
            assert variables(objects, component)["FLINK_PARALLELISM"] == str(replicas)
            template = templates[f"Deployment/orders-{component}"]
            del template["metadata"]["annotations"][naming.CONFIG_HASH]
            env = template["spec"]["containers"][0]["env"]
            template["spec"]["containers"][0]["env"] = [v for v in env if v["name"] != "FLINK_PARALLELISM"]
        return templates

    assert without_parallelism(1) == without_parallelism(2) == without_parallelism(5)


def revised(settings: Settings, *, flink_operator: bool = False, **consumer: Any) -> dict[str, set[str]]:
    """The annotations of each pod template under two revisions of the Secrets."""
    pipeline = TracedPipeline.parse(body(consumer=consumer))
    found: dict[str, set[str]] = {}
    for revision in ("one", "two"):
        reached = replace(connection.from_spec(pipeline.spec), revision=revision)
        access = Access(None, clients=connection.alike(reached))
        built = desired.build(pipeline, access, settings, flink_operator=flink_operator)
        for o in built:
            if template := o.get("spec", {}).get("template") or o.get("spec", {}).get("podTemplate"):
                annotation = template["metadata"]["annotations"][naming.CONFIG_HASH]
                found.setdefault(o["metadata"]["name"].removeprefix("orders-"), set()).add(annotation)
    return found


@pytest.mark.parametrize(
    ("consumer", "flink_operator", "clients"),
    [
        ({}, False, {"producer", "consumer"}),
        (FLINK, False, {"producer", "jobmanager", "taskmanager"}),
        (FLINK, True, {"producer", "consumer"}),
    ],
)
def test_new_content_of_a_secret_replaces_the_clients_and_nothing_else(
    settings: Settings, consumer: Any, flink_operator: bool, clients: set[str]
) -> None:
    found = revised(settings, flink_operator=flink_operator, **consumer)
    assert {name for name, annotations in found.items() if len(annotations) == 2} == clients


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
    env = [{"name": "LOG_LEVEL", "value": "DEBUG"}, {"name": "OTEL_METRICS_EXPORTER", "value": ""}]
    names = [variable["name"] for variable in container(build(settings, producer={"env": env}), "producer")["env"]]
    assert (names.count("OTEL_METRICS_EXPORTER"), names.count("LOG_LEVEL"), names[0]) == (1, 1, "POD_NAME")


@pytest.mark.parametrize("consumer", [{}, {"engine": "Flink"}])
def test_a_variable_takes_its_value_from_a_secret_or_config_map(settings: Settings, consumer: dict[str, Any]) -> None:
    secret = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "partner", "key": "token"}}}
    plain = {"name": "REGION", "valueFrom": {"configMapKeyRef": {"name": "place", "key": "region"}}}
    objects = build(settings, consumer={**consumer, "env": [secret, plain]})
    for component in ("jobmanager", "taskmanager") if consumer else ("consumer",):
        assert container(objects, component)["env"][-2:] == [secret, plain]


def test_no_pods_are_wanted_where_replicas_is_0(settings: Settings) -> None:
    objects = build(settings, producer={"replicas": 0}, consumer={"replicas": 0})
    for component in ("producer", "consumer"):
        assert objects[f"Deployment/orders-{component}"]["spec"]["replicas"] == 0


# What a pod finds its way by, or the operator the pod's traces, is no business of `env`; all else may be replaced.
REPLACEABLE = {
    "NODE_IP",
    "NODE_NAME",
    "CONSUMER_PROCESSING_TIME_MS",
    "FLINK_BUNDLE_TIME_MS",
    "FLINK_CHECKPOINT_INTERVAL_MS",
    "FLINK_DELIVERY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_METRICS_EXPORTER",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "PRODUCER_MESSAGE_BYTES",
    "PRODUCER_RATE_PER_SECOND",
}


CONSUMERS = {"Python": ["consumer"], "Flink": ["jobmanager", "taskmanager"]}


@pytest.mark.parametrize("engine", CONSUMERS)
def test_every_variable_of_ours_may_be_replaced_or_is_refused_in_env(settings: Settings, engine: str) -> None:
    password = {**CREDENTIALS, "protocol": "SASL_PLAINTEXT", "allowPlaintextPassword": True}
    certificate = {"protocol": "SSL", "caSecret": "authority"}
    for security in (password, certificate):
        spec = {"kafka": {"bootstrapServers": "kafka:9093", "security": security}, "consumer": {"engine": engine}}
        for component in ("producer", *CONSUMERS[engine]):
            assert variables(build(settings, **spec), component).keys() <= REPLACEABLE | set(WIRING)


CREDENTIALS = {"mechanism": "PLAIN", "credentialsSecret": "login"}


@pytest.mark.parametrize("consumer", [{}, {"engine": "Flink"}])
@pytest.mark.parametrize("flink_operator", [False, True])
def test_of_a_secret_only_the_named_keys_are_mounted(
    settings: Settings, consumer: dict[str, Any], flink_operator: bool
) -> None:
    security = {**CREDENTIALS, "protocol": "SASL_SSL", "caSecret": "authority"}
    kafka = {"bootstrapServers": "kafka:9093", "security": security}
    pipeline = TracedPipeline.parse(body(kafka=kafka, consumer=consumer))
    access = plan.access(pipeline)
    text = desired.build(pipeline, access, settings, flink_operator=flink_operator)
    mounted = [volume["secret"] for volume in found(text, "secret") if isinstance(volume["secret"], dict)]
    keys = {one["secretName"]: {item["key"] for item in one["items"]} for one in mounted}
    assert {name: keys[name] for name in ("login", "authority")} == {
        "login": {"username", "password"},
        "authority": {"ca.crt"},
    }


def found(node: Any, key: str) -> Iterator[dict[str, Any]]:
    """Every mapping below that has the key."""
    if isinstance(node, dict):
        if key in node:
            yield node
        for value in node.values():
            yield from found(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from found(value, key)


def test_a_password_that_goes_unencrypted_is_said_to_the_clients(settings: Settings) -> None:
    security = {**CREDENTIALS, "protocol": "SASL_PLAINTEXT", "allowPlaintextPassword": True}
    objects = build(settings, kafka={"bootstrapServers": "kafka:9093", "security": security})
    assert variables(objects, "producer")["KAFKA_SASL_ALLOW_PLAINTEXT_PASSWORD"] == "true"
    security = {**CREDENTIALS, "protocol": "SASL_SSL"}
    objects = build(settings, kafka={"bootstrapServers": "kafka:9093", "security": security})
    assert "KAFKA_SASL_ALLOW_PLAINTEXT_PASSWORD" not in variables(objects, "producer")


@pytest.mark.parametrize(
    ("given", "other", "wanted"),
    [({"requests": {"memory": "4Gi"}}, "limits", "4Gi"), ({"limits": {"memory": "16Mi"}}, "requests", "16Mi")],
)
def test_what_the_spec_does_not_give_keeps_the_request_within_the_limit(
    settings: Settings, given: Any, other: str, wanted: str
) -> None:
    resources = container(build(settings, consumer={"resources": given}), "consumer")["resources"]
    assert resources[other]["memory"] == wanted


def test_flink_takes_the_place_of_the_consumers_pods(settings: Settings) -> None:
    plain, flink = build(settings), build(settings, consumer=FLINK)
    assert plain.keys() - flink.keys() == {"Deployment/orders-consumer"}
    assert flink.keys() - plain.keys() == {
        "PersistentVolumeClaim/orders-checkpoints",
        "Service/orders-jobmanager",
        "NetworkPolicy/orders-flink",
        "Deployment/orders-jobmanager",
        "Deployment/orders-taskmanager",
    }


def test_every_pod_of_flink_is_restricted_and_shares_the_volume(settings: Settings) -> None:
    templates = deployments(build(settings, consumer=FLINK))
    for component in ("jobmanager", "taskmanager"):
        pod = templates[f"Deployment/orders-{component}"]["spec"]
        assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"]) == (9999, 9999)
        assert pod["automountServiceAccountToken"] is False
        (claim,) = (v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v)
        assert claim == "orders-checkpoints"
        assert pod["affinity"]["podAffinity"], "one node: the claim is ReadWriteOnce"


def test_a_claim_has_the_class_that_is_given(settings: Settings) -> None:
    for storage, more in (
        ({"size": "3Gi"}, {}),
        ({"size": "3Gi", "storageClassName": "fast"}, {"storageClassName": "fast"}),
    ):
        objects = build(settings, consumer={**FLINK, "flink": {"checkpointStorage": storage}})
        assert objects["PersistentVolumeClaim/orders-checkpoints"]["spec"] == {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "3Gi"}},
            **more,
        }


def test_a_claim_of_the_users_is_used_and_not_made(settings: Settings) -> None:
    storage = {"checkpointStorage": {"existingClaim": "mine"}}
    objects = build(settings, consumer={**FLINK, "flink": storage})
    assert "PersistentVolumeClaim/orders-checkpoints" not in objects
    pod = deployments(objects)["Deployment/orders-jobmanager"]["spec"]
    assert {"name": "state", "persistentVolumeClaim": {"claimName": "mine"}} in pod["volumes"]
    assert "affinity" not in pod


def test_one_job_manager_at_a_time_and_a_task_manager_for_each_parallel_part(settings: Settings) -> None:
    objects = build(settings, consumer={**FLINK, "replicas": 3})
    job_manager, task_manager = (
        objects[f"Deployment/orders-{component}"]["spec"] for component in ("jobmanager", "taskmanager")
    )
    assert (job_manager["replicas"], job_manager["strategy"]) == (1, {"type": "Recreate"})
    assert task_manager["replicas"] == 3


def variables(objects: dict[str, dict[str, Any]], name: str) -> dict[str, str]:
    return {v["name"]: v.get("value", "") for v in container(objects, name)["env"]}


def test_the_spec_reaches_the_job(settings: Settings) -> None:
    flink = {"checkpointInterval": "1.5s", "delivery": "ExactlyOnce", "pythonMode": "Process", "bundleTime": "5ms"}
    given = variables(build(settings, consumer={**FLINK, "replicas": 2, "flink": flink}), "jobmanager")
    wanted = {
        "FLINK_CHECKPOINT_INTERVAL_MS": "1500",
        "FLINK_DELIVERY": "ExactlyOnce",
        "FLINK_PYTHON_MODE": "Process",
        "FLINK_BUNDLE_TIME_MS": "5",
        "FLINK_PARALLELISM": "2",
        "KAFKA_RESULTS_TOPIC": "traced-topic.results",
        "OTEL_SERVICE_NAME": "orders-consumer",
    }
    assert wanted.items() <= given.items()
    lines = given["FLINK_PROPERTIES"].splitlines()
    assert "execution.shutdown-on-application-finish: false" in lines, "the kubelet must not restart a stopped job"
    assert "traces.reporter.otel.service.name: orders-flink" in lines, "not among the consumer's traces"


def test_the_container_has_room_for_python_beside_the_jvm(settings: Settings) -> None:
    objects = build(settings, consumer={**FLINK, "flink": {"taskManager": {"memory": "2Gi"}}})
    assert "taskmanager.memory.process.size: 2048m" in variables(objects, "taskmanager")["FLINK_PROPERTIES"]
    assert container(objects, "taskmanager")["resources"]["limits"] == {"memory": "2304Mi"}


def test_the_collector_takes_metrics_only_where_flink_sends_them(settings: Settings) -> None:
    for consumer, expected in (({}, ["traces"]), (FLINK, ["traces", "metrics"])):
        text = build(settings, consumer=consumer)["ConfigMap/orders-collector-config"]["data"]["config.yaml"]
        assert list(json.loads(text)["service"]["pipelines"]) == expected


def test_with_the_flink_operator_the_job_is_its(settings: Settings) -> None:
    pipeline = TracedPipeline.parse(body(consumer=FLINK))
    found = desired.build(pipeline, plan.access(pipeline), settings, flink_operator=True)
    objects = {f"{o['kind']}/{o['metadata']['name']}": o for o in found}
    assert "Deployment/orders-jobmanager" not in objects
    assert objects["RoleBinding/orders-consumer"]["roleRef"]["name"] == settings.flink_role[1]
    spec = objects["FlinkDeployment/orders-consumer"]["spec"]
    assert (spec["job"]["parallelism"], spec["job"]["upgradeMode"]) == (1, "savepoint")
    assert spec["podTemplate"]["spec"]["securityContext"]["runAsNonRoot"] is True


@pytest.mark.parametrize("consumer", [{}, FLINK], ids=["Python", "Flink"])
@pytest.mark.parametrize("flink_operator", [False, True])
def test_every_clients_spans_name_the_node_that_they_are_from(
    settings: Settings, consumer: Any, flink_operator: bool
) -> None:
    pipeline = TracedPipeline.parse(body(consumer=consumer))
    access = plan.access(pipeline)
    objects = desired.build(pipeline, access, settings, flink_operator=flink_operator)
    found = [env for o in objects for env in environments(o) if "OTEL_RESOURCE_ATTRIBUTES" in env]
    assert len(found) == (3 if consumer and not flink_operator else 2)
    for env in found:
        names = list(env)
        assert env["NODE_NAME"]["valueFrom"]["fieldRef"]["fieldPath"] == "spec.nodeName"
        assert env["NODE_IP"]["valueFrom"]["fieldRef"]["fieldPath"] == "status.hostIP"
        assert "host.name=$(NODE_NAME),ip=$(NODE_IP)," in env["OTEL_RESOURCE_ATTRIBUTES"]["value"]
        assert max(names.index("NODE_NAME"), names.index("NODE_IP")) < names.index("OTEL_RESOURCE_ATTRIBUTES")


def environments(o: dict[str, Any]) -> list[dict[str, Any]]:
    """The variables of each container, by name, in their order."""
    template = o.get("spec", {}).get("podTemplate" if o["kind"] == "FlinkDeployment" else "template", {})
    containers = template.get("spec", {}).get("containers", ())
    return [{variable["name"]: variable for variable in each.get("env", ())} for each in containers]
