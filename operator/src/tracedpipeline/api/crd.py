"""The CustomResourceDefinition, made from the types of `api`.

Kubernetes wants a structural schema: no references, no titles, no `additionalProperties: false`
(https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/).
"""

from typing import Any

from tracedpipeline.api import API_VERSION, GROUP, KIND, NAME_RULES, PIPELINE_RULES, PLURAL, SHORT_NAME, VERSION, Spec
from tracedpipeline.api.rules import VALIDATIONS
from tracedpipeline.api.status_schema import STATUS_SCHEMA

_DROPPED = ("title", "additionalProperties")


def definition() -> dict[str, Any]:
    """Return the CustomResourceDefinition as a plain object."""
    names = {
        "kind": KIND,
        "listKind": f"{KIND}List",
        "plural": PLURAL,
        "singular": KIND.lower(),
        "shortNames": [SHORT_NAME],
        "categories": ["all"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [_version()]},
    }


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": _columns(),
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.consumer.replicas",
                "statusReplicasPath": ".status.consumerReplicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        "schema": {"openAPIV3Schema": _schema()},
    }


def _columns() -> list[dict[str, Any]]:
    def condition(condition_type: str, field: str) -> str:
        return f'.status.conditions[?(@.type=="{condition_type}")].{field}'

    columns: list[tuple[str, str, dict[str, Any]]] = [
        ("Ready", condition("Ready", "status"), {}),
        ("Traces", condition("TracesFlowing", "reason"), {}),
        ("Engine", ".spec.consumer.engine", {}),
        ("Rate", ".spec.producer.ratePerSecond", {"type": "number"}),
        ("End-to-end ms", ".status.lastTrace.endToEndMilliseconds", {"type": "number"}),
        ("Trace", ".status.lastTrace.id", {"priority": 1}),
        ("Topic", ".spec.kafka.topic.name", {"priority": 1}),
        ("Message", condition("Ready", "message"), {}),
        ("Age", ".metadata.creationTimestamp", {"type": "date"}),
    ]
    return [{"name": name, "type": "string", "jsonPath": path} | more for name, path, more in columns]


def _schema() -> dict[str, Any]:
    schema = Spec.model_json_schema(by_alias=True)
    spec = _structural(schema, schema.get("$defs", {}))
    return {
        "type": "object",
        "description": "A Kafka pipeline, each message of which is one connected trace.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"Always {API_VERSION}."},
            "kind": {"type": "string", "description": f"Always {KIND}."},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": STATUS_SCHEMA,
        },
        VALIDATIONS: [rule.schema for rule in (*NAME_RULES, *PIPELINE_RULES)],
    }


def _structural(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_structural(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    node = _resolved(node, definitions)
    result = {
        key: _properties(value, definitions) if key == "properties" else _structural(value, definitions)
        for key, value in node.items()
        if key not in _DROPPED and not (key == "default" and value is None) and key != "$defs"
    }
    if isinstance(result.get("default"), dict):
        # The API server fills an empty object by the defaults of its fields.
        result["default"] = {}
    for bound in ("Minimum", "Maximum"):
        # JSON Schema 2020 has a number here, the OpenAPI 3.0 of Kubernetes a flag beside the bound.
        if (limit := result.pop(f"exclusive{bound}", None)) is not None:
            result |= {bound.lower(): limit, f"exclusive{bound}": True}
    return result


def _properties(properties: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    return {name: _structural(schema, definitions) for name, schema in properties.items()}


def _resolved(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the node with its reference, or the one alternative to null, put in its place."""
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        return _resolved(target | {key: value for key, value in node.items() if key != "$ref"}, definitions)
    if "anyOf" in node:
        (target,) = (choice for choice in node["anyOf"] if choice.get("type") != "null")
        return _resolved(target | {key: value for key, value in node.items() if key != "anyOf"}, definitions)
    return node
