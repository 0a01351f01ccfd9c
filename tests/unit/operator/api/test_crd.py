from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from tracedpipeline.api import crd

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


def test_status_and_scale_are_subresources() -> None:
    subresources = _version()["subresources"]
    assert subresources["status"] == {}
    assert subresources["scale"]["specReplicasPath"] == ".spec.consumer.replicas"
