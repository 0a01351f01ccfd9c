"""The shape of what is read of each kind, whoever writes it; all fields that are not named here are ours. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from tracedpipeline.untrusted.shapes import Each, Fields, Time, fitting

_OWNER: Final = Fields({"kind": str, "name": str, "uid": str, "controller": bool}, needs=("kind", "name", "uid"))
_METADATA: Final = Fields(
    {
        "labels": Each(str),
        "annotations": Each(str),
        "ownerReferences": [_OWNER],
        "generation": int,
        "resourceVersion": str,
        "uid": str,
    }
)
_TEXTS: Final = {"reason": str, "message": str}
_CONDITION: Final = Fields({"type": str, "status": str, **_TEXTS}, needs=("type", "status"))
_TIMED: Final = Fields(
    {"type": str, "status": str, "lastTransitionTime": Time, **_TEXTS},
    needs=("type", "status", "lastTransitionTime", "reason", "message"),
)
_WAITING: Final = Fields(_TEXTS)
_ENDED: Final = Fields({"finishedAt": Time, "exitCode": int, **_TEXTS})
_STATE: Final = Fields({"waiting": _WAITING, "terminated": _ENDED})
_CONTAINER: Final = Fields(
    {"name": str, "image": str, "ready": bool, "restartCount": int, "state": _STATE, "lastState": _STATE}
)
_POD: Final = {
    "spec": Fields({"initContainers": [Fields({"name": str, "restartPolicy": str}, needs=("name",))]}),
    "status": Fields(
        {
            "podIP": str,
            "conditions": [_CONDITION],
            "initContainerStatuses": [_CONTAINER],
            "containerStatuses": [_CONTAINER],
        }
    ),
}
_COUNTS: Final = ("replicas", "readyReplicas", "updatedReplicas", "observedGeneration")
_DEPLOYMENT: Final = {"status": Fields({"conditions": [_CONDITION], **dict.fromkeys(_COUNTS, int)})}
_PUBLISHED: Final = Fields({"name": str, "bootstrapServers": str, "certificates": [str]}, ("name", "bootstrapServers"))
_DECLARED: Final = Fields(
    {"name": str, "type": str, "tls": bool, "authentication": Fields({"type": str})}, ("name", "type")
)
_BROKERS: Final = Fields({"listeners": [_DECLARED], "authorization": Fields({"type": str})})
_KAFKA: Final = {
    "spec": Fields({"kafka": _BROKERS}, has=("kafka",)),
    "status": Fields(
        {"conditions": [_CONDITION], "observedGeneration": int, "listeners": [_PUBLISHED], "clusterId": str}
    ),
}
_ENTITY: Final = {
    "spec": Fields({"topicName": str, "partitions": int}),
    "status": Fields({"conditions": [_CONDITION], "observedGeneration": int, "topicName": str, "topicId": str}),
}
_FLINK: Final = {
    "status": Fields(
        {
            "error": str,
            "observedGeneration": int,
            "lifecycleState": str,
            "jobManagerDeploymentStatus": str,
            "jobStatus": Fields({"state": str}),
        }
    )
}
_LAST_TRACE: Final = Fields({"endToEndMilliseconds": float}, needs=("endToEndMilliseconds",))
_PIPELINE: Final = {
    "status": Fields(
        {
            "conditions": [_TIMED],
            "observedGeneration": int,
            "lastTrace": _LAST_TRACE,
            "kafka": Fields({"address": str, "topics": [str], "clusterId": str}),
        }
    )
}
# Of kinds that are not Kubernetes' own somebody may have dropped the part that is not optional.
_OF_OTHERS: Final = ("Kafka", "KafkaTopic", "KafkaUser", "FlinkDeployment")
_SHAPES: Final = {
    kind: Fields({"spec": Fields({}), "metadata": _METADATA, **parts}, has=("spec",) if kind in _OF_OTHERS else ())
    for kind, parts in {
        "Pod": _POD,
        "Deployment": _DEPLOYMENT,
        "Kafka": _KAFKA,
        "KafkaTopic": _ENTITY,
        "KafkaUser": _ENTITY,
        "FlinkDeployment": _FLINK,
        "TracedPipeline": _PIPELINE,
    }.items()
}
_OTHERS: Final = Fields({"metadata": _METADATA})


def shaped(kind: str, o: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of a kind as it may be read."""
    return fitting(o, _SHAPES.get(kind, _OTHERS))
