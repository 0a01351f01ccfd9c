"""The chart, rendered by Helm."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "charts" / "tracedpipeline-operator"


def helm(*arguments: str) -> str:
    done = subprocess.run(["helm", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def render(*values: str) -> list[dict[str, Any]]:
    options = [option for value in values for option in ("--set", value)]
    return [o for o in yaml.safe_load_all(helm("template", "kit", str(CHART), "-n", "kit", *options)) if o]


def kinds(objects: list[dict[str, Any]]) -> set[str]:
    return {o["kind"] for o in objects}


def test_lint_finds_nothing() -> None:
    helm("lint", "--strict", str(CHART))


def test_the_crd_is_part_of_the_release_and_outlives_it() -> None:
    (crd,) = (o for o in render() if o["kind"] == "CustomResourceDefinition")
    assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    generated = yaml.safe_load((CHART / "files" / "crd.yaml").read_text())
    assert crd["spec"] == generated["spec"]
    assert "CustomResourceDefinition" not in kinds(render("crds.enabled=false"))


def test_named_namespaces_get_roles_and_nothing_cluster_wide() -> None:
    objects = render("watchNamespaces={a,b}")
    roles = [o["metadata"] for o in objects if o["kind"] == "Role"]
    assert {role["namespace"] for role in roles if role["name"] != "kit-lease"} == {"a", "b"}
    assert not {"ClusterRole", "ClusterRoleBinding"} & kinds(objects)


def test_secrets_can_only_be_read_by_name_and_never_changed() -> None:
    (role,) = (o for o in render() if o["kind"] == "ClusterRole" and o["metadata"]["name"] == "kit")
    rules = [rule for rule in role["rules"] if "secrets" in rule["resources"]]
    assert [rule["verbs"] for rule in rules] == [["get", "create"]]
    assert not any("*" in rule["verbs"] + rule["resources"] for rule in role["rules"])


@pytest.mark.parametrize(("values", "kind"), [([], "ClusterRole"), (["watchNamespaces={a}"], "Role")])
def test_the_operator_may_bind_the_role_of_a_job_manager_and_no_other(values: list[str], kind: str) -> None:
    objects = render(*values)
    roles = {o["metadata"]["name"]: o["rules"] for o in objects if o["kind"] == kind}
    (rule,) = (rule for rule in roles["kit"] if "bind" in rule["verbs"])
    assert rule["resources"] == [f"{kind.lower()}s"]
    assert rule["resourceNames"] == ["kit-flink"]
    assert not any("create" in rule["verbs"] for rule in roles["kit"] if "pods" in rule["resources"])
    (deployment,) = (o for o in objects if o["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "FLINK_ROLE", "value": f"{kind}/kit-flink"} in container["env"]
    assert roles["kit-flink"]


def test_the_operator_knows_its_own_pod() -> None:
    (deployment,) = (o for o in render() if o["kind"] == "Deployment")
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert variables["OPERATOR_NAMESPACE"] == deployment["metadata"]["namespace"]
    labels = dict(pair.split("=") for pair in variables["OPERATOR_LABELS"].split(","))
    assert labels.items() <= template["metadata"]["labels"].items()
    assert labels == deployment["spec"]["selector"]["matchLabels"]


@pytest.mark.parametrize("values", [[], ["watchNamespaces={kit,b}"]])
def test_the_operator_may_keep_its_lease_and_no_other(values: list[str]) -> None:
    objects = render(*values)
    (role,) = (o for o in objects if o["kind"] == "Role" and o["metadata"]["name"] == "kit-lease")
    kept, made = role["rules"]
    assert (kept["verbs"], made["verbs"]) == (["get", "update"], ["create"])
    assert role["metadata"]["namespace"] == "kit"
    assert lease(objects) == f"kit/{kept['resourceNames'][0]}"
    assert not any("leases" in str(o.get("rules")) for o in objects if o["metadata"]["name"] == "kit")


def lease(objects: list[dict[str, Any]]) -> str:
    (deployment,) = (o for o in objects if o["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (variable,) = (variable for variable in container["env"] if variable["name"] == "OPERATOR_LEASE")
    return str(variable["value"])


def test_operators_of_the_same_namespaces_have_the_same_lease() -> None:
    assert lease(render()) == "kit/tracedpipeline-operator"
    assert lease(render("watchNamespaces={a,b}")) == lease(render("watchNamespaces={b,a}"))
    assert len({lease(render()), *(lease(render(f"watchNamespaces={{{name}}}")) for name in "ab")}) == 3


def test_what_reads_the_metrics_is_there_on_request() -> None:
    assert not {"Service", "PodMonitor", "NetworkPolicy"} & kinds(render())
    values = ["metrics.service=true", "metrics.podMonitor.enabled=true", "metrics.podMonitor.labels.release=prometheus"]
    found = {o["kind"]: o for o in render(*values, "metrics.podMonitor.interval=30s", "networkPolicy.enabled=true")}
    pod = found["Deployment"]["spec"]["template"]
    for kind, selector in {
        "Service": found["Service"]["spec"]["selector"],
        "PodMonitor": found["PodMonitor"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }.items():
        assert selector.items() <= pod["metadata"]["labels"].items(), kind
    ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
    (service_port,) = found["Service"]["spec"]["ports"]
    assert ports[service_port["targetPort"]] == service_port["port"] == 8081
    assert found["PodMonitor"]["spec"]["podMetricsEndpoints"] == [{"port": "metrics", "interval": "30s"}]
    assert found["PodMonitor"]["metadata"]["labels"]["release"] == "prometheus"
    assert found["NetworkPolicy"]["spec"]["ingress"] == [{"ports": [{"port": "metrics"}]}]


def test_the_metrics_can_be_left_to_some_alone() -> None:
    peer = "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name=monitoring"
    (policy,) = (o for o in render("networkPolicy.enabled=true", peer) if o["kind"] == "NetworkPolicy")
    peers = [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]
    assert policy["spec"]["ingress"] == [{"ports": [{"port": "metrics"}], "from": peers}]


def test_the_operator_runs_restricted() -> None:
    (deployment,) = (o for o in render() if o["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_a_value_that_the_schema_does_not_know_is_refused() -> None:
    with pytest.raises(AssertionError, match="bogus"):
        render("bogus=1")


@pytest.mark.parametrize(
    "value", ["images.jaeger=a b", "images.producer=", "watchNamespaces={A B}", "resyncSeconds=1e9"]
)
def test_a_value_that_the_operator_would_refuse_is_refused(value: str) -> None:
    with pytest.raises(AssertionError, match=value.partition("=")[0].rpartition(".")[2]):
        render(value)
