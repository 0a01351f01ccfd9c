"""Specs that validation accepts, with the extremes of every number, quantity and text."""

from typing import Any

from hypothesis import strategies as st
from tracedpipeline.api.environment import WIRING
from tracedpipeline.api.names import IMAGE
from tracedpipeline.api.quantities import BYTES, CORES, amount

from tests import odd_specs

Spec = dict[str, Any]
Fields = st.SearchStrategy[Spec]


def _some(**fields: st.SearchStrategy[Any]) -> Fields:
    """Draw any of the fields, each there or not."""
    return st.fixed_dictionaries({}, optional=fields)


def _between(pattern: str, least: str, most: str, *extremes: str) -> st.SearchStrategy[str]:
    drawn = st.from_regex(pattern, fullmatch=True).filter(lambda text: amount(least) <= amount(text) <= amount(most))
    return st.one_of(st.sampled_from([least, most, *extremes]), drawn)


CORES_OF_ALL_SIZES = _between(CORES, "1m", "1000", "0.001", "1.001m", "1000000m", "000001", "999.999")
MEMORY = _between(BYTES, "4Mi", "64Ti", "4194304", "4194304.001", "0.004Gi", "1.001Gi", "64.0Ti", "4194.305k")
FLINK_MEMORY = _between(BYTES, "1Gi", "64Ti", "1073741824.001", "1.001Gi", "1048576Ki")
VOLUME = _between(BYTES, "16Mi", "1024Ti", "16777216.001", "0.016Ti", "1125899906842624")
DURATIONS = {
    "processingTime": ["0ms", "0.001s", "1h", "59m59.999s", "3600000ms"],
    "retention": ["1m", "87600h", "0.017h", "999999999ms", "60000ms0.001s"],
    "checkpointInterval": ["100ms", "1h", "0.1s", "59m60s"],
    "bundleTime": ["1ms", "1m", "0.001s", "59.999s"],
}
NAMES = st.sampled_from(["a", "a.b-c", "9", "x" * 253])
TOPICS = st.one_of(st.from_regex("[a-zA-Z][a-zA-Z0-9._-]{0,240}", fullmatch=True), st.sampled_from(["...", "_", "-"]))
GROUPS = st.from_regex(r"[a-zA-Z0-9._:/@-]{1,249}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50)
SERVERS = st.sampled_from(
    [spec["kafka"]["bootstrapServers"] for spec in odd_specs.ACCEPTED.values() if "bootstrapServers" in spec["kafka"]]
)
REPLICAS = st.integers(0, 100)


def _ordered(request: st.SearchStrategy[str], limit: st.SearchStrategy[str], resource: str) -> Fields:
    """Draw a request, a limit, or both with the smaller one as the request."""
    pairs = st.tuples(request, limit).map(lambda pair: sorted(pair, key=amount))
    both = pairs.map(lambda pair: {"requests": {resource: pair[0]}, "limits": {resource: pair[1]}})
    return st.one_of(
        both,
        request.map(lambda text: {"requests": {resource: text}}),
        limit.map(lambda text: {"limits": {resource: text}}),
    )


def _merged(one: Spec, other: Spec) -> Spec:
    return {side: one.get(side, {}) | other.get(side, {}) for side in ("requests", "limits")}


RESOURCES = st.builds(
    _merged, _ordered(CORES_OF_ALL_SIZES, CORES_OF_ALL_SIZES, "cpu"), _ordered(MEMORY, MEMORY, "memory")
)
ENV = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.from_regex("[A-KM-Z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(lambda n: n not in WIRING),
            "value": TEXTS,
        }
    ),
    max_size=4,
    unique_by=lambda variable: variable["name"],
)
WORKLOAD = {
    "replicas": REPLICAS,
    "image": st.from_regex(IMAGE, fullmatch=True).filter(lambda i: len(i) < 200),
    "env": ENV,
}
PRODUCER = _some(
    **WORKLOAD,
    resources=RESOURCES,
    ratePerSecond=st.one_of(st.floats(0.001, 1_000_000), st.integers(1, 1_000_000), st.just(0.001)),
    messageBytes=st.integers(128, 1_000_000),
)
PYTHON = _some(
    **WORKLOAD, resources=RESOURCES, groupId=GROUPS, processingTime=st.sampled_from(DURATIONS["processingTime"])
)
CORES_ONLY = _ordered(CORES_OF_ALL_SIZES, CORES_OF_ALL_SIZES, "cpu")


@st.composite
def flink_process(draw: st.DrawFn) -> Spec:
    """Draw a JobManager or TaskManager: its memory within its limit, where both are given."""
    memory, limit = sorted((draw(FLINK_MEMORY), draw(FLINK_MEMORY)), key=amount)
    resources = draw(CORES_ONLY)
    limited = {"limits": resources.get("limits", {}) | {"memory": limit}}
    return {"memory": memory, "resources": draw(st.sampled_from([resources, resources | limited]))}


FLINK = st.builds(
    lambda consumer, flink: consumer | {"engine": "Flink", "flink": flink},
    _some(**WORKLOAD | {"replicas": st.integers(1, 128)}, groupId=GROUPS),
    _some(
        checkpointInterval=st.sampled_from(DURATIONS["checkpointInterval"]),
        bundleTime=st.sampled_from(DURATIONS["bundleTime"]),
        delivery=st.sampled_from(["AtLeastOnce", "ExactlyOnce"]),
        checkpointStorage=st.one_of(
            _some(size=VOLUME, storageClassName=NAMES), _some(size=VOLUME, existingClaim=NAMES)
        ),
        jobManager=flink_process(),
        taskManager=flink_process(),
    ),
)
TOPIC = _some(
    name=TOPICS,
    partitions=st.integers(1, 10_000),
    replicas=st.integers(1, 32),
    retention=st.sampled_from(DURATIONS["retention"]),
    create=st.booleans(),
)
BROKERS = st.fixed_dictionaries(
    {"name": st.sampled_from(["k", "k" * 47]), "create": st.just(True)},
    optional={
        "replicas": st.integers(1, 99),
        "version": st.sampled_from(["0.0.0", "4.3.1", "99999.99999.99999"]),
        "resources": RESOURCES,
        "storage": st.fixed_dictionaries(
            {"type": st.just("persistent"), "size": VOLUME}, optional={"storageClassName": NAMES}
        ),
    },
)
KAFKA = st.one_of(
    st.fixed_dictionaries({"bootstrapServers": SERVERS}, optional={"topic": TOPIC}),
    st.fixed_dictionaries({"cluster": BROKERS}, optional={"topic": TOPIC}),
)
SPECS = st.fixed_dictionaries(
    {"kafka": KAFKA},
    optional={
        "producer": PRODUCER,
        "consumer": st.one_of(PYTHON, FLINK),
        "tracing": _some(samplingRatio=st.one_of(st.floats(0.000001, 1), st.sampled_from([0, 0.0, 0.000001, 1]))),
        "collector": _some(replicas=st.integers(1, 100), resources=RESOURCES),
        "jaeger": _some(resources=RESOURCES),
    },
)
