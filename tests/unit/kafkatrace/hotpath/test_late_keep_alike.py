"""C and Python have the same messages looked at when they end, and leave nothing of them behind."""

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import kafkatrace
import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.context.late_keep import LateKeep
from kafkatrace.operations.keeping import NEVER, Keeping
from kafkatrace.operations.receive import Receiver
from kafkatrace.spans.message_span import MessageSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
LIMITS = (None, 0, 1, 10**18)  # nanoseconds
NOW = time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def receivers() -> Iterator[dict[int | None, Receiver]]:
    """One that keeps for each limit."""
    made = {}
    tracings = []
    for limit in LIMITS:
        seconds = None if limit is None else limit / 1e9
        tracing = kafkatrace.configure(
            "late", sampling_ratio=0, exporter=InMemorySpanExporter(), keep_slower_than=seconds, keep_errors=True
        )
        tracings.append(tracing)
        made[limit] = Receiver(tracing, {"group.id": "g"}, linked=False)
    yield made
    for tracing in tracings:
        tracing.shutdown()


def begun(receiver: Receiver, flags: bytes = b"0", polled: int | None = None, **record: Any) -> MessageSpan:
    usual: dict[str, Any] = {"topic": "t", "partition": 3, "offset": 7, "timestamp": (1, NOW)}
    message = Message(headers=[("traceparent", TRACEPARENT + flags)], **(usual | record))
    if polled is not None:
        receiver.polled.at(message, polled)
    span = receiver.process(message)
    assert isinstance(span, MessageSpan)
    return span


@given(
    limit=st.sampled_from(LIMITS),
    kind=st.sampled_from([0, 1, 2, 3]),
    stamp=st.sampled_from([-(2**63), -1, 0, 1, NOW - 10, NOW, NOW + 10**7, 2**43, 2**63 // 10**6, 2**63 - 1]),
    polled=st.sampled_from([None, 0, 1, NOW * 10**6, (NOW + 10**7) * 10**6, 2**63 - 1]),
)
def test_the_end_that_is_late_is_the_same(
    receivers: dict[int | None, Receiver], limit: int | None, kind: int, stamp: int, polled: int | None
) -> None:
    span = begun(receivers[limit], polled=polled, timestamp=(kind, stamp))
    plain = MessageSpan()
    for name in ("timestamp_type", "timestamp", "polled", "start"):
        setattr(plain, name, getattr(span, name))
    Keeping(LateKeep(limit, errors=True), bytes).watch(plain, Message())
    assert span.keep_after == plain.keep_after
    assert (span.keep_after == NEVER) == (limit is None)
    assert span.message is not None


@pytest.mark.parametrize("limit", LIMITS)
def test_a_sampled_one_is_not_looked_at(receivers: dict[int | None, Receiver], limit: int | None) -> None:
    span = begun(receivers[limit], b"1")
    assert span.keep_after == NEVER
    assert not hasattr(span, "message")


@pytest.mark.parametrize("limit", [None, 0, 10**18])
@pytest.mark.parametrize("error", [None, KeyError("customer")])
def test_what_ended_leaves_nothing_behind(
    receivers: dict[int | None, Receiver], limit: int | None, error: Exception | None
) -> None:
    receiver = receivers[limit]

    def left() -> tuple[int, ...]:
        for _ in range(100):
            with suppress(KeyError), begun(receiver):
                if error is not None:
                    raise error
        if error is not None:
            error.__traceback__ = None
        receiver._tracing.flush(30)
        gc.collect()
        spans = sum(isinstance(each, MessageSpan) for each in gc.get_objects())
        return spans, *map(sys.getrefcount, (receiver, receiver.processed, TRACEPARENT))

    left()
    assert left() == left()


def test_a_time_that_is_none_is_pythons_to_look_at(receivers: dict[int | None, Receiver]) -> None:
    receiver = receivers[10**18]
    before = receiver._tracing.flush(30).exported
    span: Any
    for strange in (None, "soon", 2**70, -(2**70), 1.5):
        with begun(receiver) as span:
            span.keep_after = strange
    with begun(receiver) as span:
        del span.keep_after
    assert receiver._tracing.flush(30).exported == before
