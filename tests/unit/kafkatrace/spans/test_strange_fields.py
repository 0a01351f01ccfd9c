"""A handler may set each field of its message's span to anything, or take it away: that costs this span at most.

In C and in Python alike: `make test` runs it with KAFKATRACE_PURE_PYTHON=1, too.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import kafkatrace
import pytest
from confluent_kafka import Message
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kafkatrace.export.batch import Batch
from kafkatrace.hotpath import pure
from kafkatrace.operations.receive import Receiver
from kafkatrace.spans import otlp
from kafkatrace.spans.message_span import MessageSpan
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

SENDER: Final = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
FIELDS: Final = sorted(pure.SpanFields.__annotations__.keys() - {"_token"})
OF_THE_CLASS: Final = ["state", "sender_state", "baggage", "malformed", "revoked", "details"]
MISSING: Final = "take the field away"  # an object of its own


class Index:
    """Acts as an integer."""

    def __index__(self) -> int:
        return 5


class Unwilling:
    """Has no truth value and no length; it has a text, as hypothesis itself asks for that at times."""

    def __bool__(self) -> bool:
        raise RuntimeError("no truth value")

    def __len__(self) -> int:
        raise RuntimeError("no length")

    __hash__ = None  # type: ignore[assignment] # unhashable


STRANGE = (
    st.sampled_from([None, True, False, MISSING, Index(), Unwilling(), object(), [], {}, (), "", b"", "t", "\ud800"])
    | st.integers(-(2**70), 2**70)
    | st.sampled_from(
        [0, 1, 2, -1, 2**31 - 1, 2**31, 2**32 + 1, 2**62, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**5000]
    )
    | st.floats()
    | st.text(max_size=60)
    | st.binary(max_size=60)
    | st.sampled_from(
        [SENDER + b"1", SENDER + b"3", SENDER, SENDER + b"1x", SENDER.upper() + b"1", b"x" * 55, b"\0" * 55]
    )
    | st.sampled_from([bytearray(SENDER + b"1"), memoryview(SENDER + b"1"), SENDER.decode() + "1", list(SENDER + b"1")])
    | st.sampled_from([b"f" * 16, b"F" * 16, b"g" * 16, b"f" * 15, b"f" * 32, b"f" * 48, "f" * 16])
)
CHANGES = st.dictionaries(st.sampled_from(FIELDS + OF_THE_CLASS), STRANGE, max_size=3)


class Case:
    """A consumer, and what became of its spans."""

    def __init__(self, *, linked: bool = False, ratio: float = 1) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = kafkatrace.configure("strange", sampling_ratio=ratio, exporter=self.exporter)
        self.receiver = Receiver(self.tracing, {"group.id": "g", "bootstrap.servers": "kafka:9092"}, linked=linked)
        self.receiver.cluster.value = "cluster"
        self.receiver._highs["t", 3] = 100

    def process(self, flags: bytes = b"1", offset: int = 7) -> Any:
        headers: Any = [("traceparent", SENDER + flags)]
        record = Message(
            topic="t", partition=3, offset=offset, key=b"k", value=b"v", timestamp=(1, 1_000), headers=headers
        )
        return self.receiver.process(record)

    def spans(self) -> list[str]:
        """Names of what was exported since the last look."""
        self.tracing.flush(30)
        names = sorted(span.name for span in self.exporter.get_finished_spans())
        self.exporter.clear()
        return names


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # each strange span says that it is lost
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module", params=[False, True], ids=["in the sender's trace", "linked"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    made = Case(linked=request.param)
    yield made
    made.tracing.shutdown()


@pytest.fixture(scope="module")
def unsampled() -> Iterator[Case]:
    made = Case(ratio=0)
    yield made
    made.tracing.shutdown()


def change(span: MessageSpan, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if value is not MISSING:
            setattr(span, name, value)
        elif hasattr(span, name) and name in FIELDS:
            delattr(span, name)


_MANY = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])


@_MANY
@example({"sender": b""}, "leave", b"1")
@example({"traceparent": b""}, "leave", b"1")
@example({"queue_id": b"f" * 48, "traceparent": b""}, "leave", b"1")
@example({"receiver": MISSING}, "leave", b"1")
@example({"topic": []}, "leave", b"0")
@example({"lag": "many"}, "end", b"1")
@example({"partition": True}, "leave", b"1")
@given(CHANGES, st.sampled_from(["leave", "end", "fail", "encode"]), st.sampled_from([b"1", b"0"]))
def test_a_strange_field_costs_its_span_at_most(case: Case, changes: dict[str, Any], how: str, flags: bytes) -> None:
    with case.process():
        pass
    ending(case, changes, how, flags)
    with case.process():
        pass
    names = case.spans()
    assert names.count("process t") >= 2, "those before and after it"
    assert names.count("queue t") >= 2
    assert encode_metrics(case.tracing.collect_metrics()).ByteSize()
    with case.process():
        pass
    partitions = {say for span in case_spans(case) for say in [span.attributes["messaging.destination.partition.id"]]}
    assert partitions == {"3"}, "a strange partition is in no other span"


def case_spans(case: Case) -> list[Any]:
    case.tracing.flush(30)
    spans = list(case.exporter.get_finished_spans())
    case.exporter.clear()
    return spans


def ending(case: Case, changes: dict[str, Any], how: str, flags: bytes) -> None:
    try:
        with case.process(flags) as span:
            change(span, changes)
            if how == "end":
                span.end()
            elif how == "fail":
                raise KeyError("of the handler")
            elif how == "encode" and case.receiver.processed.encoder is not None:
                case.receiver.processed.encoder.message(span)
    except KeyError:
        assert how == "fail", "the handler's own exception is the only one"


@_MANY
@given(CHANGES)
def test_both_implementations_encode_the_same(case: Case, changes: dict[str, Any]) -> None:
    encoder = case.receiver.processed.encoder
    with case.process() as span:
        pass
    change(span, changes)
    batch = Batch()
    try:
        case.receiver.processed.encode(span, batch)
    except Exception:
        assert not batch.size, "both spans or none"
    else:
        request = otlp.Identity(Resource({}), "1").request([*batch.service, *batch.cluster])
        (resource,) = ExportTraceServiceRequest.FromString(request).resource_spans
        assert len(resource.scope_spans[0].spans) == batch.size
    encoded = None if encoder is None else encoder.message(span)
    assert encoded is None or list(encoded[1:]) == [*batch.service, *batch.cluster]


@_MANY
@given(st.sampled_from(FIELDS), STRANGE)
def test_a_field_reads_as_it_was_set(name: str, value: Any) -> None:
    span, plain = MessageSpan(), pure.SpanFields()
    for each in (span, plain):
        setattr(each, name, 1 if value is MISSING else value)
    assert getattr(span, name) is getattr(plain, name) or getattr(span, name) == getattr(plain, name) or value != value
    assert type(getattr(span, name)) is type(getattr(plain, name))
    for each in (span, plain):
        delattr(each, name)
        with pytest.raises(AttributeError, match=name):
            getattr(each, name)
        with pytest.raises(AttributeError, match=name):
            delattr(each, name)


@_MANY
@given(CHANGES)
def test_a_span_that_is_not_recorded_may_have_strange_fields(unsampled: Case, changes: dict[str, Any]) -> None:
    with unsampled.process(b"0") as span:
        change(span, changes)
    with unsampled.process(b"1"):
        pass
    assert unsampled.spans()[-2:] == ["process t", "queue t"]
    assert encode_metrics(unsampled.tracing.collect_metrics()).ByteSize()


@_MANY
@given(CHANGES)
def test_a_span_that_never_began_may_be_left(changes: dict[str, Any]) -> None:
    span = MessageSpan()
    change(span, {name: value for name, value in changes.items() if value is not MISSING})
    span.__exit__(None, None, None)
    span.end()


def test_a_span_without_a_receiver_is_not_entered(case: Case) -> None:
    before = kafkatrace.context.context_var.variable.get()
    span = case.process()
    del span.receiver
    with pytest.raises(AttributeError, match="receiver"):
        span.__enter__()
    assert kafkatrace.context.context_var.variable.get() is before


def test_a_topic_that_utf_8_can_not_hold_spoils_no_metrics(case: Case) -> None:
    producer = kafkatrace.Producer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0}, tracing=case.tracing)
    with pytest.raises(UnicodeEncodeError):
        producer.produce("\ud800", b"v")
    case.tracing.flush(30)
    assert encode_metrics(case.tracing.collect_metrics()).ByteSize()


def test_a_full_queue_takes_strange_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
    case = Case()
    for _ in range(50):
        with case.process() as span:
            span.topic = []
    case.tracing.shutdown()


SAMPLES: Final[tuple[Any, ...]] = (
    *(None, True, MISSING, 1.5, "", b"", "t", "\ud800", [], {}, 5, -1, 2**40, 2**62, 2**63, -(2**63), 2**70),
    *(SENDER + b"1", SENDER + b"1x", SENDER.upper() + b"1", b"x" * 55, b"\0" * 55, b"f" * 16, b"g" * 16, b"f" * 48),
)


def outcomes() -> list[object]:
    """For each field and each strange value, which spans came of it, and what it counted."""
    case, found = Case(), []
    for flags in (b"1", b"0"):
        for name in FIELDS:
            for number, value in enumerate(SAMPLES):
                ending(case, {name: value}, "leave", flags)
                found.append((name, number, flags.decode(), case.spans()))
    shutdown = case.tracing.shutdown(30)
    return [*found, shutdown.exported, shutdown.dropped]


def test_in_c_and_in_python_each_strange_value_comes_to_the_same() -> None:
    program = f"from {__name__} import *; logging.disable(); print(json.dumps(outcomes()))"
    told = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "KAFKATRACE_PURE_PYTHON": chosen},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for chosen in ("0", "1")
    ]
    in_c, in_python = map(json.loads, told)
    assert [each for each in zip(in_c, in_python, strict=True) if each[0] != each[1]] == []
