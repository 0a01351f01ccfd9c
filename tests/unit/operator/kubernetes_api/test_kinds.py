"""The one table of kinds, and the chart's rights for them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tracedpipeline import api
from tracedpipeline.kubernetes_api import kinds
from tracedpipeline.kubernetes_api.kinds import Kind

HELPERS = Path(__file__).parents[4] / "charts/tracedpipeline-operator/templates/_helpers.tpl"
APPLIED_VERBS = {"get", "list", "create", "patch", "delete"}
# What the table has no say in: the resource itself, events, and the role that a JobManager is bound to.
BESIDE = {
    (api.GROUP, api.PLURAL),
    (api.GROUP, f"{api.PLURAL}/status"),
    (api.GROUP, f"{api.PLURAL}/finalizers"),
    ("events.k8s.io", "events"),
    ("rbac.authorization.k8s.io", "clusterroles"),
}


def rights() -> dict[tuple[str, str], set[str]]:
    """The verbs of the chart's rules by group and resource, where it watches all namespaces."""
    found = re.search(r'define "operator\.rules" -}}\n(.*?)\n{{- end }}\n', HELPERS.read_text(), re.DOTALL)
    assert found
    text = found[1].replace("{{ if .Values.watchNamespaces }}roles{{ else }}clusterroles{{ end }}", "clusterroles")
    rules: list[dict[str, Any]] = yaml.safe_load(text.replace("{{ .Release.Name }}", "release"))
    every = [(g, r, set(rule["verbs"])) for rule in rules for g in rule["apiGroups"] for r in rule["resources"]]
    by_resource = {(group, resource): verbs for group, resource, verbs in every}
    assert len(by_resource) == len(every)
    return by_resource


def needed(kind: Kind) -> set[str]:
    if kind is kinds.SECRET:
        return {"get", "create"}
    return (APPLIED_VERBS if kind.applied else set()) | {"list", "watch"}


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.name)
def test_the_chart_gives_exactly_the_rights_that_a_kind_takes(kind: Kind) -> None:
    assert rights()[kind.group, kind.plural] == needed(kind)


def test_the_chart_gives_rights_for_no_other_kind() -> None:
    assert rights().keys() == {(kind.group, kind.plural) for kind in kinds.ALL} | BESIDE


def test_every_kind_is_watched_but_secrets() -> None:
    assert {*kinds.ALL} - {*kinds.WATCHED} == {kinds.SECRET}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Service", "api/v1/namespaces/shop/services/orders"),
        ("Deployment", "apis/apps/v1/namespaces/shop/deployments/orders"),
        ("FlinkDeployment", "apis/flink.apache.org/v1beta1/namespaces/shop/flinkdeployments/orders"),
    ],
)
def test_path(name: str, path: str) -> None:
    assert kinds.APPLIED[name].path("shop", "orders") == path
    assert kinds.APPLIED[name].path("shop") == path.removesuffix("/orders")
    assert kinds.APPLIED[name].path("") == path.removesuffix("/orders").replace("namespaces/shop/", "")
