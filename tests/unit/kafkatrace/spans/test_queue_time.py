import pytest
from kafkatrace.spans import semconv
from kafkatrace.spans.queue_time import QueueTime, queue_time
from opentelemetry.proto.trace.v1.trace_pb2 import Span

MS = 1_000_000


def told(queue: QueueTime) -> dict[str, object]:
    """The attributes as a Collector reads them."""
    pairs = Span.FromString(queue.kind_attributes()).attributes
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "") for pair in pairs}


def test_from_the_timestamp_to_the_poll() -> None:
    queue = queue_time((1, 1000), 1250 * MS, 1300 * MS)
    assert queue.span_times == (1000 * MS, 1250 * MS)
    assert told(queue) == {semconv.TIMESTAMP_TYPE: "CreateTime", semconv.TIMESTAMP_RESOLUTION: 1}
    assert queue.milliseconds_until(queue.polled_ns) == 250.0
    assert queue.milliseconds_until(1300 * MS) == 300.0


def test_log_append_time_is_told_apart() -> None:
    assert told(queue_time((2, 1000), 2000 * MS, 0))[semconv.TIMESTAMP_TYPE] == "LogAppendTime"


def test_a_negative_wait_is_shown_and_flagged_not_clamped() -> None:
    queue = queue_time((2, 2000), 1500 * MS, 1500 * MS)
    assert queue.skewed
    assert told(queue)[semconv.CLOCK_SKEW] is True
    assert queue.span_times == (1500 * MS, 1500 * MS)
    assert queue.milliseconds_until(1600 * MS) == -400.0


@pytest.mark.parametrize("timestamp", [(0, -1), (0, 1000), (1, -5), (1, 2**63 - 1), (7, 1000)])
def test_a_timestamp_that_no_span_can_hold_counts_as_none(timestamp: tuple[int, int]) -> None:
    queue = queue_time(timestamp, 1500 * MS, 0)
    assert queue.span_times == (1500 * MS, 1500 * MS)
    assert semconv.TIMESTAMP_RESOLUTION not in told(queue)
    assert queue.milliseconds_until(0) is None


@pytest.mark.parametrize("milliseconds", [0, 1, (2**63 - 1) // MS])
def test_a_timestamp_that_a_span_can_just_hold(milliseconds: int) -> None:
    assert queue_time((1, milliseconds), 2**63 - 1, 0).span_times == (milliseconds * MS, 2**63 - 1)


def test_an_unknown_poll_time_is_said() -> None:
    queue = queue_time((1, 1000), None, 1300 * MS)
    assert queue.span_times == (1000 * MS, 1300 * MS)
    assert told(queue)[semconv.POLL_TIME_KNOWN] is False
