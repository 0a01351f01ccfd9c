from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from tracedpipeline import reasons
from tracedpipeline.api import crd, status_schema
from tracedpipeline.observed import Observed
from tracedpipeline.status import readiness
from tracedpipeline.status.build import build_status, transitions
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body

KAFKA = Verdict(True, reasons.TOPIC_READY, "topic traced-topic is at kafka:9092")

GENERATED = Path(__file__).parents[4] / "charts" / "tracedpipeline-operator" / "files" / "crd.yaml"


def _version() -> dict[str, Any]:
    (version,) = crd.definition()["spec"]["versions"]
    return dict(version)


def _fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from _fields(field, f"{path}.{name}")
        yield from _fields(field.get("items", {}), f"{path}.{name}[]")


def test_the_committed_file_is_what_the_types_say() -> None:
    assert yaml.safe_load(GENERATED.read_text()) == crd.definition()


def test_every_field_is_described() -> None:
    schema = _version()["schema"]["openAPIV3Schema"]["properties"]
    undescribed = [
        path
        for part in ("spec", "status")
        for path, field in _fields(schema[part], part)
        if not field.get("description")
    ]
    assert undescribed == []


def test_the_schema_is_structural() -> None:
    text = yaml.safe_dump(_version()["schema"])
    for foreign in ("$ref", "$defs", "additionalProperties", "anyOf", "const:", "title:"):
        assert foreign not in text


def test_a_limit_that_excludes_its_bound_is_a_flag_as_in_openapi() -> None:
    producer = _version()["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["producer"]
    rate = producer["properties"]["ratePerSecond"]
    assert (rate["minimum"], rate["exclusiveMinimum"]) == (0, True)


def test_no_bound_is_a_fraction_which_the_api_server_cuts_off_for_whole_numbers() -> None:
    spec = _version()["schema"]["openAPIV3Schema"]["properties"]["spec"]
    bounds = [field[bound] for _, field in _fields(spec) for bound in ("minimum", "maximum") if bound in field]
    assert [bound for bound in bounds if bound != int(bound)] == []
    assert bounds


def test_every_text_and_list_of_the_spec_is_bounded_so_that_rules_about_it_have_a_cost() -> None:
    spec = _version()["schema"]["openAPIV3Schema"]["properties"]["spec"]
    bounds = {"string": "maxLength", "array": "maxItems", "integer": "maximum", "number": "maximum"}
    unbounded = [
        path
        for path, field in _fields(spec, "spec")
        if (bound := bounds.get(field["type"])) and bound not in field and "enum" not in field
    ]
    assert unbounded == []


def filled_in(value: Any, schema: dict[str, Any]) -> Any:
    """Return what the API server makes of a value: each field that is missing has its default."""
    if not isinstance(value, dict):
        return value
    fields = schema.get("properties", {})
    given = {name: field["default"] for name, field in fields.items() if "default" in field} | value
    return {name: filled_in(content, fields.get(name, {})) for name, content in given.items()}


@pytest.mark.parametrize("status", [{}, {"status": {}}], ids=["new", "emptied"])
def test_what_nobody_has_looked_at_is_in_progress_for_kstatus(status: dict[str, Any]) -> None:
    found = filled_in(body() | status, _version()["schema"]["openAPIV3Schema"])["status"]
    assert found["observedGeneration"] == -1
    (ready,) = found["conditions"]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "Unknown", reasons.PENDING)
    assert ready.keys() == set(status_schema.STATUS_SCHEMA["properties"]["conditions"]["items"]["properties"]) - {
        "observedGeneration"
    }
    looked = build_status(found, 2, readiness.conditions(Observed(KAFKA)), datetime.now(UTC), {})
    assert (looked["observedGeneration"], looked["conditions"][-2]["status"]) == (2, "False")
    assert [reason for reason, _ in transitions(found, looked)] == [reasons.NOT_CREATED]


def test_status_and_scale_are_subresources() -> None:
    subresources = _version()["subresources"]
    assert subresources["status"] == {}
    assert subresources["scale"]["specReplicasPath"] == ".spec.consumer.replicas"
