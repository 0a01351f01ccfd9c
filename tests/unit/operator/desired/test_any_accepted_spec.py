"""No spec that validation accepts makes the reconcile's arithmetic raise, whatever its numbers and texts."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from tracedpipeline import desired
from tracedpipeline.api import InvalidSpecError, TracedPipeline
from tracedpipeline.api.quantities import amount
from tracedpipeline.jaeger.window import window_of
from tracedpipeline.kafka import connection, strimzi
from tracedpipeline.kafka.strimzi import Access, access_resources
from tracedpipeline.kubernetes_api.drift import with_applied_hash
from tracedpipeline.status.build import status_details

from tests.unit.operator.conftest import SETTINGS, body
from tests.unit.operator.strategies import SPECS

TINY = {"requests": {"cpu": "1m"}, "limits": {"cpu": "1m"}}
WIDE = {"requests": {"cpu": "0.001"}, "limits": {"cpu": "1000"}}
BOOTSTRAP = {"bootstrapServers": "kafka:9092"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=60)
@given(SPECS)
@example({"kafka": BOOTSTRAP, "tracing": {"samplingRatio": 1e-6}, "producer": {"ratePerSecond": 0.001}})
@example({"kafka": BOOTSTRAP, "consumer": {"engine": "Flink", "flink": {"taskManager": {"resources": WIDE}}}})
@example({"kafka": BOOTSTRAP, "consumer": {"engine": "Flink", "flink": {"jobManager": {"resources": TINY}}}})
def test_its_objects_can_be_built(spec: dict[str, Any]) -> None:
    try:
        _build(spec)
    except InvalidSpecError:
        reject()  # fields that do not go together, such as a topic's name and its derived ones


ZERO = {"limits": {"cpu": "0"}}
SPECS_OF_NOTHING: list[dict[str, Any]] = [
    {"tracing": {"samplingRatio": 1e-300}, "producer": {"ratePerSecond": 1e-300}},
    {"tracing": {"samplingRatio": 1e-12}},
    {"producer": {"ratePerSecond": 1e-10}},
    {"consumer": {"engine": "Flink", "flink": {"taskManager": {"resources": ZERO}}}},
    {"consumer": {"engine": "Flink", "flink": {"jobManager": {"resources": ZERO}}}},
    {"consumer": {"engine": "Flink", "flink": {"taskManager": {"resources": {**WIDE, "requests": {"cpu": "0"}}}}}},
    {"consumer": {"engine": "Flink", "flink": {"taskManager": {"memory": "0"}}}},
]


@pytest.mark.parametrize("spec", SPECS_OF_NOTHING)
def test_what_would_divide_by_nothing_is_refused_if_it_cannot_be_built(spec: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidSpecError):
        _build({"kafka": BOOTSTRAP, **spec})


def _build(spec: dict[str, Any]) -> None:
    pipeline = TracedPipeline.parse(body(**spec))
    access = Access(None, clients=connection.alike(connection.KafkaConnection("kafka:9092")))
    for flink_operator in (False, True):
        for o in desired.build(pipeline, access, SETTINGS, flink_operator=flink_operator):
            json.dumps(with_applied_hash(o), allow_nan=False)
            _check_factors(o)
    if cluster := pipeline.spec.kafka.cluster:
        made = strimzi.access(pipeline, cluster, strimzi.KafkaSnapshot()).objects
        topics = [access_resources.topic(pipeline, cluster, name) for name in pipeline.spec.topics]
        json.dumps([*made, *topics], allow_nan=False)
    json.dumps(status_details(pipeline, 1, None))
    if pipeline.spec.tracing.sampling_ratio:
        # As far back as the probe looks must be a moment that can be written.
        assert datetime.now(UTC) - window_of(pipeline)


def _check_factors(o: dict[str, Any]) -> None:
    """A FlinkDeployment's limits are its requests times a factor, which Flink refuses below 1."""
    if o["kind"] != "FlinkDeployment":
        return
    for key, value in o["spec"]["flinkConfiguration"].items():
        assert not key.endswith("limit-factor") or float(value) >= 1
    for role in ("jobManager", "taskManager"):
        resource = o["spec"][role]["resource"]
        assert resource["cpu"] > 0
        assert amount(resource["memory"].replace("m", "Mi")) > 0
