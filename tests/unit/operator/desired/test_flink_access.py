"""Who may talk to Flink's processes: the policy, and the key that is mounted into them."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import desired, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import flink_tls
from tracedpipeline.flink import upgrade
from tracedpipeline.kafka import plan
from tracedpipeline.kubernetes_api.drift import with_applied_hash
from tracedpipeline.settings import Pods, Settings

from tests.unit.operator.conftest import body

Objects = dict[tuple[str, str], dict[str, Any]]
OPERATOR = Pods("kit", {"app.kubernetes.io/name": "tracedpipeline-operator"})
ROLES = (naming.JOB_MANAGER, naming.TASK_MANAGER)


def build(settings: Settings, *, name: str = "orders", **more: Any) -> Objects:
    pipeline = TracedPipeline.parse(body(name, consumer={"engine": "Flink"}))
    found = desired.build(pipeline, plan.access(pipeline), settings, **more)
    return {(o["kind"], o["metadata"]["name"]): o for o in found}


def policy(settings: Settings, **more: Any) -> dict[str, Any]:
    spec: dict[str, Any] = build(settings, **more)["NetworkPolicy", "orders-flink"]["spec"]
    return spec


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """As the API server reads a selector; only the operator `In` is in use."""
    expressions = selector.get("matchExpressions", ())
    assert all(expression["operator"] == "In" for expression in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(expression["key"]) in expression["values"] for expression in expressions
    )


def admitted(spec: dict[str, Any], port: int, namespace: str, labels: dict[str, str]) -> bool:
    """Return whether a pod may connect to the port, by the rules of the NetworkPolicy's reference."""
    return any(
        _sender(sender, namespace, labels)
        for rule in spec["ingress"]
        if port in [entry["port"] for entry in rule.get("ports", [{"port": port}])]
        for sender in rule["from"]
    )


def _sender(sender: dict[str, Any], namespace: str, labels: dict[str, str]) -> bool:
    if "namespaceSelector" not in sender:
        return namespace == "shop" and matches(sender["podSelector"], labels)
    return matches(sender["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}) and matches(
        sender["podSelector"], labels
    )


PORTS = (6121, 6122, 6123, 6124, 8081)
OWN = naming.labels("orders", naming.TASK_MANAGER)


@pytest.mark.parametrize("flink_operator", [False, True])
@pytest.mark.parametrize(
    ("namespace", "labels", "ports"),
    [
        ("shop", OWN, PORTS),
        ("shop", naming.labels("orders", naming.JOB_MANAGER), PORTS),
        ("kit", dict(OPERATOR.labels), (8081,)),
        ("shop", {}, ()),
        ("shop", naming.labels("orders", naming.PRODUCER), ()),
        ("shop", naming.labels("payments", naming.TASK_MANAGER), ()),
        ("other", OWN, ()),
        ("other", dict(OPERATOR.labels), ()),
        ("kit", {}, ()),
    ],
)
def test_strangers_reach_no_port(
    settings: Settings, flink_operator: bool, namespace: str, labels: dict[str, str], ports: tuple[int, ...]
) -> None:
    spec = policy(replace(settings, operator=OPERATOR), flink_operator=flink_operator)
    assert tuple(port for port in PORTS if admitted(spec, port, namespace, labels)) == ports


@pytest.mark.parametrize(("flink_operator", "ports"), [(False, ()), (True, (8081,))])
def test_flinks_own_operator_reaches_rest_where_it_runs_the_job(
    settings: Settings, flink_operator: bool, ports: tuple[int, ...]
) -> None:
    spec = policy(settings, flink_operator=flink_operator)
    labels = {"app.kubernetes.io/name": "flink-kubernetes-operator"}
    assert tuple(port for port in PORTS if admitted(spec, port, "flink", labels)) == ports


def test_without_a_sender_there_is_no_rule_which_would_let_everybody_in(settings: Settings) -> None:
    assert all(rule["from"] for rule in policy(settings)["ingress"])


@pytest.mark.parametrize("role", ROLES)
def test_the_policy_is_about_both_roles_and_no_other_pod(settings: Settings, role: str) -> None:
    selector = policy(settings)["podSelector"]
    assert matches(selector, naming.labels("orders", role))
    assert not matches(selector, naming.labels("payments", role))
    assert not matches(selector, naming.labels("orders", naming.PRODUCER))


def test_every_process_has_the_key_and_only_its_group_reads_it(settings: Settings) -> None:
    by_us, by_flink = build(settings), build(settings, flink_operator=True)
    pods = [by_us["Deployment", f"orders-{role}"]["spec"]["template"]["spec"] for role in ROLES]
    pods.append(by_flink["FlinkDeployment", "orders-consumer"]["spec"]["podTemplate"]["spec"])
    for pod in pods:
        (volume,) = (volume for volume in pod["volumes"] if volume["name"] == "tls")
        assert (volume["secret"]["secretName"], volume["secret"]["defaultMode"]) == ("orders-flink-tls", 0o440)
        (container,) = pod["containers"]
        assert {"name": "tls", "mountPath": flink_tls.DIRECTORY, "readOnly": True} in container["volumeMounts"]


def test_another_key_replaces_both_roles_at_once_and_stops_the_job_first(settings: Settings) -> None:
    before, after = build(settings, flink_key="a"), build(settings, flink_key="b")
    changed = {name for kind, name in before if kind == "Deployment" and before[kind, name] != after[kind, name]}
    assert changed == {f"orders-{role}" for role in ROLES}
    live = {key: with_applied_hash(o) for key, o in before.items()}
    assert upgrade.change_id("orders", after.values(), live)
    assert upgrade.change_id("orders", before.values(), live) is None


def test_another_key_is_news_for_flinks_own_operator(settings: Settings) -> None:
    found = [
        build(settings, flink_operator=True, flink_key=key)["FlinkDeployment", "orders-consumer"] for key in ("a", "b")
    ]
    assert found[0] != found[1]


def test_a_job_is_not_cancelled_from_the_web_page(settings: Settings) -> None:
    deployment = build(settings, flink_operator=True)["FlinkDeployment", "orders-consumer"]
    assert deployment["spec"]["flinkConfiguration"]["web.cancel.enable"] == "false"
    (container,) = build(settings)["Deployment", "orders-jobmanager"]["spec"]["template"]["spec"]["containers"]
    assert "web.cancel.enable: false" in {v["name"]: v.get("value") for v in container["env"]}["FLINK_PROPERTIES"]
