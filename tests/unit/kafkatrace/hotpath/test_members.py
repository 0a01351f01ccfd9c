"""Whatever an object of the C extension refers to is known to Python's collector: a cycle through any of it goes."""

import gc
import weakref
from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Message

from tests.unit.kafkatrace.hotpath.again import in_use
from tests.unit.kafkatrace.hotpath.linked import CALLED, TYPED, Linked, make, parts_of, refer_back

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ATTRIBUTES = ("receiver", "ambient", "traceparent", "topic", "sender", "queue_id", "key", "lag", "failure", "message")
NUMBERS = ("recording", "start", "partition", "keep_after")  # what is no number is kept beside them


class Sentinel:
    """Goes with the cycle that it hangs on."""


@pytest.fixture(scope="module")
def extension() -> Any:
    return in_use()


def goes(link: Any) -> bool:
    """Whether what `link` makes a cycle of, given a sentinel to hang on it, is collected."""
    sentinel = Sentinel()
    gone = weakref.ref(sentinel)
    link(sentinel)
    del sentinel
    gc.collect()
    return gone() is None


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind in CALLED for part in CALLED[kind] + TYPED[kind]])
def test_a_cycle_through_a_part_is_collected(extension: Any, kind: str, part: str) -> None:
    def link(sentinel: Sentinel) -> None:
        parts = parts_of(extension, kind)
        refer_back(parts[part], (make(extension, kind, parts), sentinel))

    assert goes(link)


def span_of(extension: Any, parts: dict[str, Any]) -> Any:
    message = Message(topic="t", partition=0, offset=1, timestamp=(1, 1_000), headers=[("traceparent", TRACEPARENT)])
    return make(extension, "Process", parts)(message)


@pytest.mark.parametrize("name", [*ATTRIBUTES, *NUMBERS])
def test_a_cycle_through_a_spans_attribute_is_collected(extension: Any, name: str) -> None:
    def link(sentinel: Sentinel) -> None:
        span, part = span_of(extension, parts_of(extension, "Process")), Linked()
        setattr(span, name, part)
        part.back = span, sentinel

    assert goes(link)


@pytest.mark.parametrize("part", ["account", "encoder"])
def test_a_cycle_through_what_a_span_has_of_its_process_is_collected(extension: Any, part: str) -> None:
    def link(sentinel: Sentinel) -> None:
        parts = parts_of(extension, "Process")
        refer_back(parts[part], (span_of(extension, parts), sentinel))

    assert goes(link)


def test_a_span_that_is_never_left_is_collected(extension: Any) -> None:
    def link(sentinel: Sentinel) -> None:  # in its receiver's open spans, and in the context that its token leads to
        span = span_of(extension, parts_of(extension, "Process"))
        span["sentinel"] = sentinel
        copy_context().run(span.__enter__)

    assert goes(link)


def test_a_cycle_through_the_histograms_of_a_topic_is_collected(extension: Any) -> None:
    def link(sentinel: Sentinel) -> None:
        histograms = tuple(type("Linked", (extension.Histogram,), {})(()) for _ in range(3))
        account = extension.Account(otherwise=Linked(), histograms=lambda topic: histograms, received=Linked())
        assert account(ended(extension)) == 2
        histograms[0].back = account, sentinel

    assert goes(link)


def ended(extension: Any) -> Any:
    span = span_of(extension, parts_of(extension, "Process"))
    span.ended_at = span.start + 1
    return span


def test_a_cycle_through_the_histogram_of_a_sender_is_collected(extension: Any) -> None:
    def link(sentinel: Sentinel) -> None:
        histogram = type("Linked", (extension.Histogram,), {})(())
        once = [histogram]
        given = {"ready": [TRACEPARENT[:-1] + b"0"], "histogram": lambda topic: once.pop()}
        sending = make(extension, "Sending", parts_of(extension, "Sending") | given)
        deliver(extension, sending)
        assert histogram.state()[0] == (1,)
        histogram.back = sending, sentinel

    assert goes(link)


def deliver(extension: Any, sending: Any) -> None:
    """Produce a record that is not sampled, and report its delivery."""
    reports: list[Any] = []
    produce = extension.Method("produce", Linked(), lambda producer, *given: reports.append(given[4]))
    produce(SimpleNamespace(_sending=sending), "t")
    reports.pop()(None, Message(topic="t"))
