"""How many traces Jaeger keeps: what its container may use decides, whatever that is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.quantities import amount
from tracedpipeline.desired import trace_memory
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body

MIB = 1024**2
# Measured with three spans in each trace and nothing to limit the heap: 30,000 took 312 MiB, 50,000 took 488.
MEASURED_TRACE = (488 - 312) * MIB / 20_000
MEASURED_BASE = 312 * MIB - 30_000 * MEASURED_TRACE

quantities = st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,3})?(m|k|Ki|M|Mi|G|Gi|T|Ti)?", fullmatch=True)


def test_a_full_store_of_the_default_size_fits_twice_over() -> None:
    kept = trace_memory.traces("512Mi", flink=False)
    assert kept == 22_118
    full = MEASURED_BASE + kept * MEASURED_TRACE
    assert full < trace_memory.heap_limit("512Mi") * 0.65, "the collector of garbage has room to work in"


@pytest.mark.parametrize("memory", ["256Mi", "512Mi", "1Gi", "4Gi", "16Gi", "1Ti"])
def test_a_full_store_fits_into_the_heap_and_the_heap_into_the_container(memory: str) -> None:
    limit = trace_memory.heap_limit(memory)
    assert MEASURED_BASE + trace_memory.traces(memory, flink=False) * MEASURED_TRACE < limit < float(amount(memory))


def test_there_is_a_floor_and_a_cap() -> None:
    assert trace_memory.traces("16Mi", flink=False) == 100
    assert trace_memory.traces("1Ti", flink=False) == 1_000_000
    assert trace_memory.heap_limit("0") == 16 * MIB
    assert trace_memory.heap_limit("999999999999Ti") == 2**63 - 1


@given(quantities, quantities, st.booleans())
def test_more_memory_never_means_fewer_traces(one: str, other: str, flink: bool) -> None:
    less, more = sorted((one, other), key=amount)
    assert 100 <= trace_memory.traces(less, flink=flink) <= trace_memory.traces(more, flink=flink) <= 1_000_000
    assert trace_memory.heap_limit(less) <= trace_memory.heap_limit(more)
    assert trace_memory.traces(one, flink=True) <= trace_memory.traces(one, flink=False)


def jaeger(settings: Settings, **spec: Any) -> tuple[int, int, str]:
    """How many traces it keeps, GOMEMLIMIT, and the hash that its pods are replaced for."""
    built = desired.build(TracedPipeline.parse(body(**spec)), Access(None), settings)
    objects = {(o["kind"], o["metadata"]["name"]): o for o in built}
    config = json.loads(objects["ConfigMap", "orders-jaeger-config"]["data"]["config.yaml"])
    template = objects["Deployment", "orders-jaeger"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    (limit,) = (int(v["value"]) for v in container["env"] if v["name"] == "GOMEMLIMIT")
    kept = config["extensions"]["jaeger_storage"]["backends"]["memory"]["memory"]["max_traces"]
    return kept, limit, template["metadata"]["annotations"]["tracedpipeline.dev/config-hash"]


@pytest.mark.parametrize(
    ("resources", "memory"),
    [
        ({}, "512Mi"),
        ({"limits": {"memory": "2Gi"}}, "2Gi"),
        ({"limits": {"memory": "64Mi"}}, "64Mi"),
        ({"limits": {"cpu": "1"}}, "512Mi"),
        ({"requests": {"memory": "4Gi"}}, "4Gi"),
        ({"requests": {"memory": "64Mi"}}, "512Mi"),
        ({"limits": {"memory": "4Mi"}}, "4Mi"),
    ],
)
def test_the_containers_limit_decides(settings: Settings, resources: Any, memory: str) -> None:
    kept, limit, _ = jaeger(settings, jaeger={"resources": resources})
    assert (kept, limit) == (trace_memory.traces(memory, flink=False), trace_memory.heap_limit(memory))


@pytest.mark.parametrize(("limits", "memory"), [({}, "256Mi"), ({"memory": "1Gi"}, "1Gi")])
def test_the_collectors_heap_is_limited_too(settings: Settings, limits: Any, memory: str) -> None:
    pipeline = TracedPipeline.parse(body(collector={"resources": {"limits": limits}}))
    (found,) = (
        o
        for o in desired.build(pipeline, Access(None), settings)
        if o["metadata"]["name"] == "orders-collector" and o["kind"] == "Deployment"
    )
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "GOMEMLIMIT", "value": str(trace_memory.heap_limit(memory))}]


def test_another_limit_replaces_the_pod(settings: Settings) -> None:
    assert jaeger(settings)[2] != jaeger(settings, jaeger={"resources": {"limits": {"memory": "1Gi"}}})[2]


def test_traces_through_flink_are_larger(settings: Settings) -> None:
    kept, limit, _ = jaeger(settings, consumer={"engine": "Flink"})
    assert kept == trace_memory.traces("512Mi", flink=True) < jaeger(settings)[0]
    assert limit == jaeger(settings)[1]
