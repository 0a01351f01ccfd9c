"""Whose spans they are, by the environment and by what is given."""

import logging

import pytest
from kafkatrace.spans import resources, semconv
from kafkatrace.variables import Variables
from opentelemetry.sdk.resources import Resource
from opentelemetry.util.types import AttributeValue

NAMES = "OTEL_RESOURCE_ATTRIBUTES"
DETECTORS = "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Variables:
    return environment(monkeypatch, {})


def environment(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Variables:
    """Let these be the process's, as far as they are about resources."""
    for name in (NAMES, DETECTORS, "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Variables({"PATH": "", **values})


def test_the_name_goes_over_what_is_given_and_that_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = environment(monkeypatch, {NAMES: "service.name=a,team=x,zone=z"})
    given = Resource({"service.name": "b", "team": "y"}, "https://example.org/schema")
    of_all = resources.service("c", given, found)
    assert [of_all.attributes[name] for name in ("service.name", "team", "zone")] == ["c", "y", "z"]
    assert of_all.schema_url == "https://example.org/schema"
    assert resources.service(None, given, found).attributes["service.name"] == "b"
    assert resources.service("", None, found).attributes["service.name"] == "a"


def test_text_that_utf8_cannot_hold_is_replaced_and_other_values_stay(variables: Variables) -> None:
    given = Resource({"team": "a\ud800é", "shards": 3, "zones": ["z"]})
    attributes = resources.service("orders", given, variables).attributes
    assert (attributes["team"], attributes["shards"], attributes["zones"]) == ("a?é", 3, ("z",))
    assert (
        resources.cluster(given, Variables({"KAFKATRACE_CLUSTER_NAME": "k\ud800"})).attributes["service.name"] == "k?"
    )


def test_a_cluster_is_where_its_client_is_and_nobody_elses_process() -> None:
    client: dict[str, AttributeValue] = {
        "service.name": "orders",
        "service.version": "1",
        "process.pid": 7,
        "telemetry.sdk.name": "x",
        "container.id": "c",
        "faas.name": "f",
        "webengine.name": "w",
        "k8s.pod.name": "p",
        "k8s.namespace.name": "shop",
        "k8s.cluster.uid": "u",
        "k8s.node.name": "n",
        "host.name": "h",
    }
    found = resources.cluster(Resource(client), Variables({}))
    assert dict(found.attributes) == {
        "service.name": "kafka",
        "k8s.namespace.name": "shop",
        "k8s.cluster.uid": "u",
        "k8s.node.name": "n",
        "host.name": "h",
    }
    assert found.schema_url == semconv.SCHEMA_URL
    named = resources.cluster(Resource(client), Variables({"KAFKATRACE_CLUSTER_NAME": "billing"}))
    assert named.attributes["service.name"] == "billing"


NOT_INSTALLED = "one of them is not installed; using the others instead"
NO_PAIRS = "give name=value, separated by commas; using what is of that form instead"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (NAMES, "team", f"{NAMES} is 'team': {NO_PAIRS}"),
        (NAMES, "a=1,team", f"{NAMES} is 'a=1,team': {NO_PAIRS}"),
        (NAMES, "a=1 2,b=x", None),
        (NAMES, "a=1,,", None),
        (DETECTORS, "nobodys", f"{DETECTORS} is 'nobodys': {NOT_INSTALLED}"),
        (DETECTORS, "Process,nobodys", f"{DETECTORS} is 'Process,nobodys': {NOT_INSTALLED}"),
        (DETECTORS, "process", None),
        (DETECTORS, "*", None),
    ],
)
def test_a_variable_that_cannot_be_followed_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str, said: str | None
) -> None:
    resources.service("orders", None, environment(monkeypatch, {name: value}))
    ours = [record.getMessage() for record in caplog.records if record.name == "kafkatrace"]
    assert ours == ([said] if said else [])


def test_without_variables_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMES, "team=x")
    assert dict(resources.service("orders", None, Variables({})).attributes) == {"service.name": "orders"}


def test_a_detector_that_raises_leaves_a_service_without_a_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, variables: Variables
) -> None:
    def fails() -> Resource:
        raise LookupError("no metadata service")

    monkeypatch.setattr(Resource, "create", fails)
    with caplog.at_level(logging.WARNING, resources.__name__):
        found = resources.service(None, None, variables)
    assert dict(found.attributes) == {"service.name": "unknown_service"}
    ours = [record.getMessage() for record in caplog.records if record.name == resources.__name__]
    assert ours == ["the resource could not be detected: LookupError"]
