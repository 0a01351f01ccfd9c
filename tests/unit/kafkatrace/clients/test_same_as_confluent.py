from collections.abc import Callable, Iterator
from typing import Any

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import Message, TopicPartition
from kafkatrace import Tracing

from tests.unit.kafkatrace.recording import QUIET, outcome, shown

Both = tuple[Any, Any]
Call = Callable[[Any, str], object]
BIG = b"v" * 2_000_000
FULL = {"bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 1, **QUIET}


@pytest.fixture
def producers(broker: str, tracing: Tracing) -> Iterator[Both]:
    """The original and ours."""
    conf = {"bootstrap.servers": broker, "linger.ms": 0, **QUIET}
    both = confluent_kafka.Producer(conf), kafkatrace.Producer(conf, tracing=tracing)
    yield both
    for each in both:
        each.close()


@pytest.fixture
def consumers(broker: str, tracing: Tracing, topic: str, bare: confluent_kafka.Producer) -> Iterator[Both]:
    """The original and ours, and a topic of three records."""
    for number in range(3):
        bare.produce(topic, b"%d" % number, b"k", partition=0)
    bare.flush(10)
    conf = {"bootstrap.servers": broker, "auto.offset.reset": "earliest", "enable.auto.offset.store": False, **QUIET}
    theirs = confluent_kafka.Consumer({**conf, "group.id": f"theirs-{topic}"})
    ours = kafkatrace.Consumer({**conf, "group.id": f"ours-{topic}"}, tracing=tracing)
    yield theirs, ours
    for each in (theirs, ours):
        each.close()


def first(consumer: Any, topic: str) -> Message:
    consumer.assign([TopicPartition(topic, 0, 0)])
    message: Message = consumer.poll(10)
    return message


def batch(*messages: Any) -> Call:
    """Produce them, and show what is said of each."""

    def call(producer: Any, topic: str) -> object:
        given = [dict(each) if isinstance(each, dict) else each for each in messages]
        return producer.produce_batch(topic, given), [shown(each.get("_error")) for each in given]

    return call


def in_callback(name: str) -> Call:
    def call(producer: Any, topic: str) -> object:
        seen: list[object] = []
        producer.produce(topic, b"v", b"k", 0, **{name: lambda error, message: seen.append((error, message.value()))})
        producer.flush(10)
        return seen

    return call


def after_close(client: Any, topic: str) -> object:
    names = ("poll", "flush", "purge", "list_topics", "cluster_id", "consume", "assignment", "commit", "unsubscribe")
    closed = [client.close(), client.close(), bool(client)]
    return closed, [outcome(getattr(client, name)) for name in names if hasattr(client, name)]


PRODUCER_CALLS: dict[str, Call] = {
    "a topic": lambda p, t: (p.produce(t), len(p) >= 0, p.flush(10), len(p)),
    "by name": lambda p, t: p.produce(topic=t, value="v", key="k", partition=0, timestamp=5, headers={"x": b"1"}),
    "by position": lambda p, t: p.produce(t, b"v", b"k", 0, None, None, 5, [("x", None), ("x", "1")]),
    "callback": in_callback("callback"),
    "on_delivery": in_callback("on_delivery"),
    "too large": lambda p, t: p.produce(t, BIG),
    "no topic": lambda p, t: p.produce(),
    "topic of a wrong type": lambda p, t: p.produce(5),
    "topic too long": lambda p, t: p.produce("t" * 600),
    "topic with a zero": lambda p, t: p.produce("a\0b"),
    "value of a wrong type": lambda p, t: p.produce(t, 5),
    "timestamp of a wrong type": lambda p, t: p.produce(t, timestamp="x"),
    "headers that are none": lambda p, t: p.produce(t, headers=0),
    "headers of a wrong type": lambda p, t: p.produce(t, headers={"a": 5}),
    "header without value": lambda p, t: p.produce(t, headers=[("a",)]),
    "poll": lambda p, t: (p.poll(0), p.poll(timeout=0.0), outcome(p.poll, "x"), outcome(p.poll, None)),
    "flush": lambda p, t: (p.flush(), p.flush(0), p.flush(timeout=1), outcome(p.flush, None)),
    "purge": lambda p, t: (p.purge(), p.purge(in_queue=True, in_flight=False, blocking=False)),
    "metadata": lambda p, t: (p.cluster_id(10), sorted(p.list_topics(t, timeout=10).topics) == [t]),
    "bool and len": lambda p, t: (bool(p), len(p)),
    "closed": lambda p, t: (after_close(p, t), outcome(p.produce, t), outcome(p.produce_batch, t, [{}])),
    "with": lambda p, t: (p.__enter__() is p, p.__exit__(None, None, None), outcome(p.produce, t)),
    "no transactions": lambda p, t: (outcome(p.begin_transaction), outcome(p.commit_transaction)),
    "offsets of a wrong type": lambda p, t: p.send_offsets_to_transaction(5, None),
    "batch": batch({"value": b"v"}, {"value": "v", "key": b"k", "partition": None, "timestamp": None}, {}),
    "batch with one too large": batch({"value": b"v"}, {"value": BIG}, {"value": b"v"}),
    "batch of nothing": batch(),
    "batch of none": batch(5),
    "batch, bad value": batch({"value": b"v"}, {"value": 5}),
    "batch, bad key": batch({"key": 5}),
    "batch, bad partition": batch({"partition": "0"}),
    "batch, bad headers": batch({"value": b"v"}, {"headers": [("a", 5)]}),
    "batch, headers of a wrong type": batch({"headers": "text"}),
    "batch, no list": lambda p, t: p.produce_batch(t, ({},)),
    "batch, bad topic": lambda p, t: p.produce_batch(5, []),
    "batch, topic too long": lambda p, t: outcome(p.produce_batch, "t" * 600, [{}])[1][:500],  # theirs is cut off
    "batch, bad default partition": lambda p, t: p.produce_batch(t, [{}], "0"),
}
CONSUMER_CALLS: dict[str, Call] = {
    "poll": first,
    "poll by name": lambda c, t: (c.poll(timeout=0), outcome(c.poll, "x"), outcome(c.poll, None)),
    "consume": lambda c, t: (c.assign([TopicPartition(t, 0, 0)]), c.consume(3, 10)),
    "consume by name": lambda c, t: (c.consume(num_messages=1, timeout=0), c.consume(0, 0), outcome(c.consume, "x")),
    "consume too many": lambda c, t: (outcome(c.consume, -1), outcome(c.consume, 2_000_000)),
    "assign": lambda c, t: (c.assign([TopicPartition(t, 0, 0)]), c.assignment(), c.unassign(), c.assignment()),
    "assign what is none": lambda c, t: c.assign(5),
    "incrementally": lambda c, t: (c.incremental_assign([TopicPartition(t, 0, 0)]), c.assignment()),
    "pause and resume": lambda c, t: (first(c, t), c.pause(c.assignment()), c.resume(c.assignment())),
    "seek": lambda c, t: (first(c, t), c.seek(TopicPartition(t, 0, 2)), c.poll(10)),
    "seek what is not assigned": lambda c, t: c.seek(TopicPartition(t, 0, 2)),
    "position": lambda c, t: (first(c, t), c.position([TopicPartition(t, 0)])),
    "committed": lambda c, t: c.committed([TopicPartition(t, 0)], 10),
    "store offsets": lambda c, t: (m := first(c, t), c.store_offsets(m), c.commit(asynchronous=False)),
    "store unassigned offsets": lambda c, t: c.store_offsets(offsets=[TopicPartition(t, 0, 1)]),
    "commit a message": lambda c, t: (m := first(c, t), c.commit(m), c.commit(m, asynchronous=False)),
    "commit offsets": lambda c, t: c.commit(offsets=[TopicPartition(t, 0, 2)], asynchronous=False),
    "commit by position": lambda c, t: c.commit(None, [TopicPartition(t, 0, 2)], False),
    "commit nothing": lambda c, t: (c.commit(), c.commit(None), outcome(lambda: c.commit(asynchronous=False))),
    "commit both": lambda c, t: c.commit(message=first(c, t), offsets=[]),
    "commit what is none": lambda c, t: (outcome(c.commit, 5), outcome(c.commit, None, 5)),
    "commit with an unknown argument": lambda c, t: c.commit(colour="blue"),
    "subscribe": lambda c, t: (c.subscribe([t]), c.unsubscribe()),
    "subscribe by position": lambda c, t: c.subscribe([t], print, print, print),
    "subscribe by name": lambda c, t: c.subscribe(topics=[t], on_assign=print, on_revoke=print, on_lost=print),
    "subscribe to none": lambda c, t: (outcome(c.subscribe), outcome(c.subscribe, []), outcome(c.subscribe, "t")),
    "on_assign=None": lambda c, t: (outcome(lambda: c.subscribe([t], on_assign=None)), outcome(c.subscribe, [t], None)),
    "on_revoke=None": lambda c, t: c.subscribe([t], on_revoke=None),
    "on_lost=5": lambda c, t: c.subscribe([t], on_lost=5),
    "four callbacks": lambda c, t: c.subscribe([t], print, print, print, print),
    "one callback twice": lambda c, t: c.subscribe([t], print, on_assign=print),
    "unknown callback": lambda c, t: c.subscribe([t], on_holiday=print),
    "metadata": lambda c, t: (c.memberid(), type(c.consumer_group_metadata()), c.cluster_id(10)),
    "watermarks": lambda c, t: c.get_watermark_offsets(TopicPartition(t, 0), 10),
    "offsets for times": lambda c, t: c.offsets_for_times([TopicPartition(t, 0, 0)], timeout=10),
    "closed": lambda c, t: (after_close(c, t), outcome(c.subscribe, [t]), outcome(c.memberid)),
    "with": lambda c, t: (c.__enter__() is c, c.__exit__(None, None, None), outcome(c.poll, 0)),
}


@pytest.mark.parametrize("call", PRODUCER_CALLS.values(), ids=PRODUCER_CALLS)
def test_producers_do_the_same(producers: Both, topic: str, call: Call) -> None:
    theirs, ours = (outcome(call, each, topic) for each in producers)
    assert ours == theirs


@pytest.mark.parametrize("call", CONSUMER_CALLS.values(), ids=CONSUMER_CALLS)
def test_consumers_do_the_same(consumers: Both, topic: str, call: Call) -> None:
    theirs, ours = (outcome(call, each, topic) for each in consumers)
    assert ours == theirs


@pytest.mark.parametrize("call", [batch({}, {}), lambda p, t: (p.produce(t), outcome(p.produce, t), p.flush(0))])
def test_full_queues_are_the_same(tracing: Tracing, topic: str, call: Call) -> None:
    theirs, ours = confluent_kafka.Producer(FULL), kafkatrace.Producer(FULL, tracing=tracing)

    def purged(producer: Any, topic: str) -> object:
        reports: list[object] = []
        producer.produce(topic, on_delivery=lambda error, message: reports.append(shown(error)))
        return outcome(call, producer, topic), producer.purge(), producer.flush(10), reports

    assert outcome(purged, ours, topic) == outcome(purged, theirs, topic)


@pytest.mark.parametrize(
    ("kind", "conf"),
    [
        ("Producer", {"delivery.report.only.error": "true"}),
        ("Producer", {"on_delivery": 5}),
        ("Producer", {"colour": "blue"}),
        ("Consumer", {}),
        ("Consumer", {"group.id": "g", "on_commit": 5}),
        ("Consumer", {"group.id": "g", "on_commit": None}),
    ],
)
def test_bad_configurations_are_refused_in_the_same_words(tracing: Tracing, kind: str, conf: dict[str, Any]) -> None:
    theirs = outcome(getattr(confluent_kafka, kind), conf)
    assert outcome(lambda: getattr(kafkatrace, kind)(conf, tracing=tracing)) == theirs
    assert issubclass(theirs[0], Exception)


def test_iteration_is_ours_alone(consumers: Both) -> None:
    theirs, ours = consumers
    assert outcome(iter, theirs)[0] is TypeError
    assert iter(iter(ours))
