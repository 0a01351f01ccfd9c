"""One trace through Kafka, Flink and Kafka."""

import json
from collections.abc import Callable

import kafkatrace
import pytest
from opentelemetry import baggage, context

from .collector import Collector, Span
from .conftest import Job, Topics, at_least, headers, order

SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def one(spans: list[Span], name: str, trace: str | None = None) -> Span:
    (found,) = [span for span in spans if span.name == name and trace in (None, span.trace)]
    return found


@pytest.mark.parametrize("mode", ["Process", "Thread"])
def test_producer_queue_process_total_are_one_trace_and_the_result_goes_on_with_it(
    topics: Topics, spans: Collector, start: Callable[..., Job], traced: kafkatrace.Producer, mode: str
) -> None:
    token = context.attach(baggage.set_baggage("tenant", "acme"))
    topics.send(order(1), b"key-1", producer=traced)
    context.detach(token)
    start(FLINK_PYTHON_MODE=mode)
    (result,) = topics.read(".results", at_least(1))
    found = spans.wait(lambda all_: {"total orders", f"send {topics.name}"} <= {span.name for span in all_})
    sent, queued, processed, total = (
        one(found, name)
        for name in (f"send {topics.name}", f"queue {topics.name}", f"process {topics.name}", "total orders")
    )
    assert {span.trace for span in (sent, queued, processed, total)} == {sent.trace}
    assert [queued.parent, processed.parent, total.parent] == [sent.id, queued.id, processed.id]
    assert [span.service for span in (queued, processed, total)] == ["kafka", "flink-consumer", "flink-consumer"]
    assert headers(result) == {
        "traceparent": f"00-{total.trace}-{total.id}-03".encode(),
        "baggage": b"tenant=acme",
    }
    assert json.loads(result.value() or b"") == {
        "order": "order-1",
        "customer": "customer-1",
        "orders": 1,
        "total": "1.50",
    }
    assert result.key() == b"customer-1"


def test_the_process_span_says_what_the_python_consumers_says(
    topics: Topics, spans: Collector, start: Callable[..., Job]
) -> None:
    topics.send(order(1), b"key-1", [("traceparent", SENT), ("tracestate", b"vendor=1")])
    start()
    (result,) = topics.read(".results", at_least(1))
    found = spans.wait(lambda all_: any(span.name == "total orders" for span in all_))
    processed, queued = one(found, f"process {topics.name}"), one(found, f"queue {topics.name}")
    attributes = dict(processed.attributes)
    for measured in ("kafkatrace.queue.duration_ms", "kafkatrace.since_timestamp.duration_ms", "server.port"):
        assert attributes.pop(measured) is not None
    partition = attributes.pop("messaging.destination.partition.id")
    assert partition in ("0", "1")
    assert attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.client.id": "test",
        "messaging.consumer.group.name": f"{topics.name}-group",
        "messaging.destination.name": topics.name,
        "messaging.kafka.offset": 0,
        "messaging.kafka.message.key": "key-1",
        "messaging.kafka.cluster.id": "the-cluster",
        "server.address": "127.0.0.1",
        "kafkatrace.timestamp.type": "CreateTime",
        "kafkatrace.timestamp.resolution_ms": 1,
    }
    assert (queued.trace, queued.parent) == (TRACE, "b7ad6b7169203331")
    assert headers(result)["tracestate"] == b"vendor=1"
    assert queued.ended <= processed.begun


def test_a_window_is_a_trace_of_its_own_with_links_to_its_orders(
    topics: Topics, spans: Collector, start: Callable[..., Job]
) -> None:
    for number in range(40):
        topics.send(order(number), headers=[("traceparent", SENT)])
    start(FLINK_WINDOW_MS="3000")
    results = topics.read(".results", at_least(41))
    found = spans.wait(lambda all_: any(span.name == "window orders" for span in all_))
    window = one(found, "window orders")
    totals = {(span.trace, span.id) for span in found if span.name == "total orders"}
    assert window.parent == ""
    assert window.trace != TRACE
    assert window.attributes["messaging.batch.message_count"] == 40
    assert len(window.links) == 32
    assert set(window.links) <= totals
    last = next(message for message in results if b"window" in (message.value() or b""))
    assert headers(last)["traceparent"] == f"00-{window.trace}-{window.id}-03".encode()
    assert json.loads(last.value() or b"")["amount"] == "60.00"
