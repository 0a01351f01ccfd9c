from collections.abc import Iterator
from typing import Any

import kafkatrace
import pytest
from opentelemetry import baggage
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from traced_common.order import Order, PoisonError
from traced_flink_consumer.attempts import Attempt
from traced_flink_consumer.processing import Processing
from traced_flink_consumer.records import Client

SENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
VALUE = b'{"id":"o","customer":"c","amount":"1.50","sequence":1,"created":"2026-01-01T00:00:00+00:00"}'
FIRST = Attempt(0, restored=False, begun_ms=5_000)


class Recorder:
    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = kafkatrace.configure("flink", exporter=self.exporter)

    def processed(self) -> ReadableSpan:
        self.tracing.flush()
        (found,) = [span for span in self.exporter.get_finished_spans() if span.name == "process orders"]
        return found


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.tracing.shutdown()


def processing(handle: Any = lambda order: order, attempt: Attempt = FIRST) -> Processing:
    client = Client("orders", "billing", "client", "broker:9092", "cluster")
    return Processing(client, handle, 0, attempt)


def row(value: bytes | None = VALUE, headers: dict[str, bytes | None] | None = None, timestamp: int = 1_000) -> Any:
    return (b"key", value, headers or {}, 1, 7, timestamp, "CreateTime", 2_000)


def context_of(span: ReadableSpan) -> str:
    own = span.get_span_context()
    assert own is not None
    return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"


def test_an_order_goes_on_with_the_process_spans_context(recorder: Recorder) -> None:
    given: dict[str, bytes | None] = {"traceparent": SENT, "tracestate": b"v=1", "baggage": b"tenant=acme"}
    order, letter = processing().process(row(headers=given))
    assert letter is None
    assert order == ("c", "o", "1.50", 1_000, context_of(recorder.processed()), "v=1", "tenant=acme")


def test_the_handler_runs_inside_the_span_with_the_records_baggage(recorder: Recorder) -> None:
    seen: list[object] = []

    def handle(order: Order) -> Order:
        seen.append(baggage.get_baggage("tenant"))
        return order

    processing(handle).process(row(headers={"traceparent": SENT, "baggage": b"tenant=acme"}))
    assert seen == ["acme"]


@pytest.mark.parametrize("value", [None, b"", b"no order", b"\xff\xfe", b"[]"])
def test_poison_becomes_a_dead_letter_with_the_spans_context(recorder: Recorder, value: bytes | None) -> None:
    order, letter = processing().process(row(value, {"traceparent": SENT, "x": b"1", "null": None}))
    span = recorder.processed()
    assert order is None
    assert letter is not None
    key, copied, headers = letter
    assert (key, copied) == (b"key", value)
    assert headers.pop("dead-letter.reason")
    assert headers == {
        "x": b"1",
        "null": b"",
        "traceparent": context_of(span).encode(),
        "dead-letter.topic": b"orders",
        "dead-letter.partition": b"1",
        "dead-letter.offset": b"7",
        "dead-letter.group": b"billing",
    }
    assert span.status.status_code is StatusCode.ERROR


def test_the_handlers_poison_is_named(recorder: Recorder) -> None:
    def handle(order: Order) -> Order:
        raise PoisonError("unknown customer")

    _, letter = processing(handle).process(row())
    assert letter is not None
    assert letter[2]["dead-letter.reason"] == b"unknown customer"


def test_any_other_exception_fails_the_job(recorder: Recorder) -> None:
    def handle(order: Order) -> Order:
        raise ConnectionError("no database")

    with pytest.raises(ConnectionError):
        processing(handle).process(row())
    assert recorder.processed().status.status_code is StatusCode.ERROR


@pytest.mark.parametrize(
    ("attempt", "timestamp", "marked"),
    [
        (FIRST, 1_000, False),
        (Attempt(1, restored=False, begun_ms=5_000), 4_999, True),
        (Attempt(1, restored=False, begun_ms=5_000), 5_000, False),
        (Attempt(0, restored=True, begun_ms=5_000), 1_000, True),
    ],
)
def test_what_may_have_been_processed_before_says_so(
    recorder: Recorder, attempt: Attempt, timestamp: int, marked: bool
) -> None:
    processing(attempt=attempt).process(row(timestamp=timestamp))
    attributes = recorder.processed().attributes or {}
    assert attributes.get("flink.replay.possible", False) is marked
    assert attributes.get("flink.task.attempt") == (attempt.number if marked else None)


class Old:
    def get_attempt_number(self) -> int:
        return 2


class New:
    """What thread mode gives on Flink 2."""

    class _runtime_context:  # noqa: N801 - PyFlink's name
        @staticmethod
        def getTaskInfo() -> Any:  # noqa: N802 - Java's
            return New

    @staticmethod
    def getAttemptNumber() -> int:  # noqa: N802 - Java's
        return 3

    def get_attempt_number(self) -> int:
        raise AttributeError("getAttemptNumber")


@pytest.mark.parametrize(("context", "number"), [(Old(), 2), (New(), 3)])
def test_both_modes_tell_the_attempt(context: object, number: int) -> None:
    assert Attempt.begin(context, restored=False).number == number
