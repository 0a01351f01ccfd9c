"""The schema of the resource's status, as the CRD has it: closed, every field described."""

from typing import Any


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _integer(description: str) -> dict[str, Any]:
    return {"type": "integer", "format": "int64", "description": description}


_CONDITION = {
    "type": "object",
    "required": ["type", "status", "lastTransitionTime", "reason", "message"],
    "properties": {
        "type": _text("What it is about."),
        "status": _text("True, False or Unknown.", enum=["True", "False", "Unknown"]),
        "observedGeneration": _integer("The resource's generation that it speaks of."),
        "lastTransitionTime": _text("When its status changed last.", format="date-time"),
        "reason": _text("One word for programs."),
        "message": _text("A sentence for people."),
    },
}

# Before the operator has looked, kstatus would take a resource without a status for done.
_NOT_LOOKED_AT = {
    "type": "Ready",
    "status": "Unknown",
    "lastTransitionTime": "1970-01-01T00:00:00Z",
    "reason": "Pending",
    "message": "the operator has not looked at it yet: does it run, and watch this namespace?",
}

_LAST_TRACE = {
    "type": "object",
    "description": "The newest connected trace that was read back from Jaeger.",
    "required": ["id", "time", "endToEndMilliseconds", "path"],
    "properties": {
        "id": _text("Trace id, 32 hexadecimal digits."),
        "time": _text("When its message was sent.", format="date-time"),
        "endToEndMilliseconds": {
            "type": "number",
            "description": "From the start of the send span to the end of the process span.",
        },
        "path": _text("Its page, below Jaeger's address."),
    },
}

_KAFKA = {
    "type": "object",
    "description": "The Kafka cluster as it was seen last.",
    "required": ["address", "topics"],
    "properties": {
        "address": _text("How the spec named it: bootstrap servers, or namespace and name of a cluster."),
        "clusterId": _text("Its id, as Kafka or Strimzi tells it; empty while nobody has."),
        "topics": {
            "type": "array",
            "description": "The pipeline's topics that were there: that one of them is gone is told of.",
            "items": {"type": "string"},
        },
    },
}

STATUS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What was seen.",
    # Of each field by itself: somebody may have emptied the status.
    "default": {},
    "properties": {
        "observedGeneration": _integer("The generation that was acted upon last; -1 before any.") | {"default": -1},
        "consumerReplicas": _integer("Pods of the consumer, for the scale subresource."),
        "selector": _text("Selects the consumer's pods, for the scale subresource."),
        "conditions": {
            "type": "array",
            "description": "Ready sums the others up. Reconciling and Stalled are there only while true.",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            "items": _CONDITION,
            "default": [_NOT_LOOKED_AT],
        },
        "kafka": _KAFKA,
        "lastTrace": _LAST_TRACE,
    },
}
