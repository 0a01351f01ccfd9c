import json
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from tracedpipeline.api.names import IMAGE, LABEL
from tracedpipeline.settings import LONGEST_INTERVAL, RELEASE, Images, Pods, Settings, SettingsError

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "tracedpipeline-operator"

IMAGES = ("PRODUCER_IMAGE", "CONSUMER_IMAGE", "FLINK_CONSUMER_IMAGE", "COLLECTOR_IMAGE", "JAEGER_IMAGE")
APPS = ("common", "producer", "consumer", "flink-consumer")
GOOD = dict.fromkeys(IMAGES, "image:1")


def test_namespaces_are_a_list() -> None:
    assert Settings.from_environment(GOOD | {"WATCH_NAMESPACES": "a, b"}).namespaces == ("a", "b")
    assert Settings.from_environment(GOOD | {"WATCH_NAMESPACES": ""}).namespaces == ()


def test_every_problem_is_named() -> None:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment(dict.fromkeys(IMAGES, "") | {"RESYNC_SECONDS": "soon", "FLINK_ROLE": "flink"})
    for name in (*IMAGES, "RESYNC_SECONDS is 'soon'", "FLINK_ROLE is 'flink': give Role/name"):
        assert name in str(wrong.value)


def test_the_operators_own_pod_is_known_only_inside_of_a_cluster() -> None:
    inside = GOOD | {"OPERATOR_NAMESPACE": "kit", "OPERATOR_LABELS": "app=operator,release=kit"}
    assert Settings.from_environment(inside).operator == Pods("kit", {"app": "operator", "release": "kit"})
    assert Settings.from_environment(GOOD).operator is None


def test_the_lease_is_namespace_and_name() -> None:
    assert Settings.from_environment({"OPERATOR_LEASE": "kit/operator"}).lease == ("kit", "operator")
    assert Settings.from_environment({}).lease is None


@pytest.mark.parametrize("lease", ["", "operator", "kit/", "/operator", "kit/a/b", "Kit/a"])
def test_a_lease_that_cannot_be_is_refused(lease: str) -> None:
    with pytest.raises(SettingsError, match=r"OPERATOR_LEASE is .*: give the Lease as namespace/name"):
        Settings.from_environment({"OPERATOR_LEASE": lease})


@pytest.mark.parametrize("labels", ["", "app", "app=", "=operator", "app=operator,"])
def test_an_operator_whose_pod_is_not_named_exactly_is_refused(labels: str) -> None:
    # A selector without labels would let in every pod of the namespace.
    with pytest.raises(SettingsError, match=r"OPERATOR_LABELS is .*: give key=value"):
        Settings.from_environment(GOOD | {"OPERATOR_NAMESPACE": "kit", "OPERATOR_LABELS": labels})


def test_the_role_of_a_job_manager_is_kind_and_name() -> None:
    assert Settings.from_environment(GOOD | {"FLINK_ROLE": "Role/kit-flink"}).flink_role == ("Role", "kit-flink")


def test_an_empty_environment_has_the_images_of_the_release() -> None:
    assert Settings.from_environment({}).images == Images()


def test_the_chart_has_the_images_of_the_release_too() -> None:
    chart, values = (yaml.safe_load((CHART / name).read_text()) for name in ("Chart.yaml", "values.yaml"))
    assert chart["version"] == chart["appVersion"] == RELEASE == values["image"]["tag"]
    assert sorted(values["images"].values()) == sorted(asdict(Images()).values())


def test_the_charts_values_obey_the_same_patterns() -> None:
    definitions = json.loads((CHART / "values.schema.json").read_text())["definitions"]
    assert definitions["image"]["pattern"] == f"^{IMAGE}$"
    assert definitions["namespace"]["pattern"] == f"^{LABEL}$"
    assert definitions["seconds"]["maximum"] == LONGEST_INTERVAL


def test_a_namespace_that_can_be_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="WATCH_NAMESPACES has 'A B': give names of namespaces"):
        Settings.from_environment({"WATCH_NAMESPACES": "a,A B"})


@pytest.mark.parametrize("component", ["COLLECTOR", "JAEGER"])
def test_images_from_outside_are_those_of_versions_mk(component: str) -> None:
    assert f"{component}_IMAGE := {getattr(Images, component.lower())}\n" in (ROOT / "versions.mk").read_text()


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e400", "0", "-1", "86401"])
def test_an_interval_that_never_ends_is_refused(seconds: str) -> None:
    with pytest.raises(SettingsError, match="RESYNC_SECONDS is"):
        Settings.from_environment({"RESYNC_SECONDS": seconds})


def test_an_image_that_no_runtime_takes_is_refused() -> None:
    with pytest.raises(SettingsError, match="JAEGER_IMAGE is 'a b': write an image as"):
        Settings.from_environment({"JAEGER_IMAGE": "a b"})


# kafkatrace is published by itself, and has a version of its own.
@pytest.mark.parametrize("member", [".", "operator", *(f"apps/{app}" for app in APPS)])
def test_what_is_built_from_one_checkout_has_one_version(member: str) -> None:
    # Images, chart and packages alike: `render` names the images by the operator's version.
    assert tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]["version"] == RELEASE


def test_each_variable_is_a_setting_of_its_own() -> None:
    environment = {
        "PRODUCER_IMAGE": "producer:1",
        "CONSUMER_IMAGE": "consumer:1",
        "FLINK_CONSUMER_IMAGE": "flink:1",
        "COLLECTOR_IMAGE": "collector:1",
        "JAEGER_IMAGE": "jaeger:1",
        "WATCH_NAMESPACES": "a",
        "RESYNC_SECONDS": "86400",
        "PROBE_INTERVAL_SECONDS": "0.5",
        "JAEGER_URL": "http://jaeger:16686",
        "FLINK_ROLE": "Role/flink",
        "OPERATOR_NAMESPACE": "kit",
        "OPERATOR_LABELS": "app=operator",
        "METRICS_PORT": "65535",
    }
    assert Settings.from_environment(environment) == Settings(
        images=Images("producer:1", "consumer:1", "flink:1", "collector:1", "jaeger:1"),
        namespaces=("a",),
        resync_seconds=86_400.0,
        probe_interval_seconds=0.5,
        jaeger_url="http://jaeger:16686",
        flink_role=("Role", "flink"),
        operator=Pods("kit", {"app": "operator"}),
        metrics_port=65_535,
    )
    assert Settings.from_environment({}) == Settings(Images())
    assert Settings.from_environment({"METRICS_PORT": "1"}).metrics_port == 1


PORT = "give a port, 1 to 65535"
ROLE = "give Role/name or ClusterRole/name"
SECONDS = "give a positive number of seconds, at most a day's"


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"METRICS_PORT": "0"}, f"METRICS_PORT is '0': {PORT}"),
        ({"METRICS_PORT": "65536"}, f"METRICS_PORT is '65536': {PORT}"),
        ({"METRICS_PORT": ""}, f"METRICS_PORT is '': {PORT}"),
        ({"FLINK_ROLE": "Role/"}, f"FLINK_ROLE is 'Role/': {ROLE}"),
        ({"FLINK_ROLE": "Kind/name"}, f"FLINK_ROLE is 'Kind/name': {ROLE}"),
        ({"RESYNC_SECONDS": "soon"}, f"RESYNC_SECONDS is 'soon': {SECONDS}"),
        ({"PROBE_INTERVAL_SECONDS": "0"}, f"PROBE_INTERVAL_SECONDS is '0': {SECONDS}"),
        (
            {"WATCH_NAMESPACES": "A,B"},
            "WATCH_NAMESPACES has 'A': give names of namespaces, separated by commas",
        ),
        ({"OPERATOR_NAMESPACE": "kit"}, "OPERATOR_LABELS is '': give key=value,key=value"),
        (
            {"METRICS_PORT": "x", "FLINK_ROLE": "flink"},
            f"FLINK_ROLE is 'flink': {ROLE}; METRICS_PORT is 'x': {PORT}",
        ),
    ],
)
def test_a_problem_is_told_word_for_word(environment: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment(environment)
    assert str(wrong.value) == problem


@pytest.mark.parametrize("role", ["Role/a", "ClusterRole/b/c"])
def test_a_role_is_what_stands_behind_its_kind(role: str) -> None:
    assert Settings.from_environment({"FLINK_ROLE": role}).flink_role == tuple(role.split("/", 1))
