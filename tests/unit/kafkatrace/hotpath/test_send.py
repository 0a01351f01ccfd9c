"""A send's fields, and its span, in C and in Python."""

import gc
import sys
import weakref
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import count
from typing import Any

import confluent_kafka
import kafkatrace
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.context.ids import Roots
from kafkatrace.export.batch import ENCODED, Batch
from kafkatrace.hotpath import choose, pure
from kafkatrace.hotpath.choose import Send
from kafkatrace.operations.send import Sender
from kafkatrace.spans.client_attributes import ClusterId
from kafkatrace.spans.message_span import MessageSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

in_c = pytest.mark.skipif(not choose.COMPILED, reason="needs what is written in C")

_speedups: Any = import_module("kafkatrace._speedups") if choose.COMPILED else None
TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
FIELDS = tuple(pure.Send.__annotations__)


@pytest.fixture(scope="module")
def tracing() -> Iterator[kafkatrace.Tracing]:
    made = kafkatrace.configure("sends", sampling_ratio=1, exporter=InMemorySpanExporter())
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def sender(tracing: kafkatrace.Tracing) -> Sender:
    made = Sender(tracing, {"bootstrap.servers": "kafka:9092"}, ClusterId())
    made._cluster.value = "cluster"
    return made


def send_with(**fields: Any) -> Send:
    """Make a send as C begins and ends one, but for these fields."""
    made = Send()
    usual = {
        "topic": "t",
        "start": 1_795_000_000_000_000_000,
        "traceparent": TRACEPARENT + b"3",
        "parent": b"",
        "remote": False,
        "state": "",
        "key": None,
        "tombstone": False,
        "ended": 1_795_000_000_000_000_001,
        "partition": 0,
        "offset": 1,
    }
    for name, value in {**usual, **fields}.items():
        setattr(made, name, value)
    return made


def in_python(sender: Sender, send: Send) -> list[bytes]:
    """Encode it in Python."""
    batch = Batch()
    sender.encode((sender, send, None), batch)
    return batch.service


@in_c
def test_a_send_has_the_same_fields_in_c_and_in_python() -> None:
    members = {name for name, value in vars(_speedups.Send).items() if type(value).__name__ == "member_descriptor"}
    assert members - {"__vectorcalloffset__"} == set(FIELDS) == set(pure.Send.__slots__)


@in_c
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_the_same_kind_of_thing_in_both(name: str) -> None:
    kind = pure.Send.__annotations__[name]
    values: dict[Any, list[Any]] = {
        int: [0, -1, 2**31 - 1],
        bool: [True, False],
        bytes | None: [b"x"],
        str | None: ["x"],
        str: ["x"],
    }
    for value in values.get(kind, [b"x", 5]):
        made = _speedups.Send()
        setattr(made, name, value)
        assert getattr(made, name) is value or getattr(made, name) == value
    if kind in (int, bool):
        with pytest.raises(TypeError):
            setattr(_speedups.Send(), name, "x")


@in_c
def test_what_is_not_set_at_first_is_the_same_in_both() -> None:
    plain, ours = pure.Send(), _speedups.Send()
    for name in FIELDS:
        with suppress(AttributeError):
            assert getattr(ours, name) == getattr(plain, name), name


@in_c
@pytest.mark.parametrize("context", [False, True])
@pytest.mark.parametrize("flags", [b"2", b"3"])
def test_a_send_begun_in_c_and_one_begun_in_python_say_the_same(
    tracing: kafkatrace.Tracing, monkeypatch: pytest.MonkeyPatch, flags: bytes, context: bool
) -> None:
    refused: list[Send] = []
    monkeypatch.setattr(Sender, "refused", lambda self, send, error: refused.append(send))
    producer = kafkatrace.Producer({"bootstrap.servers": "127.0.0.1:1", "message.max.bytes": 1000}, tracing=tracing)
    producer._sender.ready.append(TRACEPARENT + flags)
    with suppress(confluent_kafka.KafkaException):
        producer.produce("t", b"v" * 2000, b"k")
    producer._sender.ready.append(TRACEPARENT + flags)
    begun = producer._sender.begin("t", b"k", b"v", [] if context else None)
    assert begun is not None
    ours, theirs = refused[0], begun[0]
    for name in set(FIELDS) - {"start", "ended"}:
        assert (getattr(ours, name) or None) == (getattr(theirs, name) or None), name


@in_c
@given(
    offset=st.integers(-1, 2**63 - 1),
    partition=st.integers(0, 2**31 - 1),
    parent=st.sampled_from([None, b"", b"00f067aa0ba902b7"]),
    remote=st.booleans(),
    key=st.none() | st.text(max_size=5) | st.binary(max_size=5) | st.integers(),
    tombstone=st.booleans(),
    state=st.sampled_from([None, "", "vendor=1"]),
    outcome=st.sampled_from([None, "committed"]),
    clock=st.sampled_from([b"", b"\x4a\x00"]),
)
def test_a_sends_span_is_the_same_bytes(sender: Sender, clock: bytes, **given: Any) -> None:
    sender.clock_attributes = clock
    send = send_with(**given)
    written = in_python(sender, send)
    encoded = sender.encoder.send(send)
    text = given["key"] is None or (isinstance(given["key"], str | bytes) and given["key"].isascii())
    common = text and not given["state"] and given["outcome"] is None
    assert encoded == ((ENCODED, *written) if common else None)


@in_c
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("strange", [None, 5, -1, 2**70, 1.5, "", "x", b"", b"x" * 16, b"x" * 55, [], ()])
def test_a_strange_send_is_pythons_to_encode(sender: Sender, field: str, strange: Any) -> None:
    in_python(sender, send_with())
    send = send_with()
    with suppress(TypeError, OverflowError):  # what is a number in C takes nothing else
        setattr(send, field, strange)
    written = []
    with suppress(Exception):
        written = in_python(sender, send)
    encoded = sender.encoder.send(send)
    assert encoded is None or encoded == (ENCODED, *written)


@in_c
@pytest.mark.parametrize("given", [None, 5, object()])
def test_what_a_callback_gives_for_a_sends_histogram_is_looked_at(tracing: kafkatrace.Tracing, given: Any) -> None:
    producer = kafkatrace.Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1}, tracing=tracing)
    producer._sending = _speedups.Sending(
        sender=producer._sender,
        on_delivery=None,
        put=print,
        ready=[],
        take=(TRACEPARENT + b"0").__bytes__,
        started=count(),
        histogram=lambda topic: given,
        encoder=producer._sender.encoder,
        metrics_enabled=True,
        keeps_errors=False,
    )
    producer.produce("t", b"v", partition=0)
    with pytest.raises((TypeError, SystemError)):  # confluent-kafka 2.16 loses the type on its way through flush()
        producer.flush(10)


def ignore(*given: object) -> None:
    """Take a report."""


def encoder_of_sends(names: Any = (b"o", b"k"), prefixes: Any = None) -> Any:
    return _speedups.Encoder(
        finisher=ENCODED, owner=None, prefixes=prefixes or {}, names=names, tombstone=b"", kinds=()
    )


@in_c
@pytest.mark.parametrize("names", [(), (b"o",), (b"o", "k"), (b"o", None)])
def test_an_encoder_of_sends_has_two_names(names: Any) -> None:
    with pytest.raises(TypeError):
        encoder_of_sends(names)


@in_c
def test_an_encoder_of_sends_encodes_nothing_else(sender: Sender) -> None:
    assert sender.encoder.message(MessageSpan()) is None
    for other in ((), None, pure.Send()):
        with pytest.raises(TypeError):
            sender.encoder.send(other)


@in_c
@pytest.mark.parametrize("prefix", [None, (), "x", 5])
def test_a_strange_prefix_is_pythons_to_look_at(prefix: Any) -> None:
    assert encoder_of_sends(prefixes={("t", 0): prefix}).send(send_with()) is None


@in_c
@pytest.mark.parametrize("ready", [None, 5, b"", b"x" * 54])
def test_a_strange_traceparent_is_not_sent(tracing: kafkatrace.Tracing, ready: Any) -> None:
    producer = kafkatrace.Producer({"bootstrap.servers": "127.0.0.1:1"}, tracing=tracing)
    producer._sender.ready.append(ready)
    with pytest.raises(TypeError, match="55 characters"):
        producer.produce("t", b"v")


@in_c
def test_a_send_made_in_python_takes_no_report() -> None:
    with pytest.raises(TypeError, match="comes once"):
        Send()(None, None)  # type: ignore[operator] # only one that C began can be called


def test_a_producer_that_is_dropped_within_a_transaction_leaves_nothing(broker: str, topic: str) -> None:
    tracing = kafkatrace.configure("dropped", sampling_ratio=1, exporter=InMemorySpanExporter())
    producer = kafkatrace.Producer({"bootstrap.servers": broker, "transactional.id": topic}, tracing=tracing)
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(topic, b"v", callback=partial(ignore, producer))
    producer.flush(10)
    assert len(producer._transactions._sends) == 1
    gone = weakref.ref(producer._sender)
    del producer
    tracing.shutdown()
    gc.collect()
    assert gone() is None


def test_a_refused_send_leaves_nothing(tracing: kafkatrace.Tracing) -> None:
    producer = kafkatrace.Producer({"bootstrap.servers": "127.0.0.1:1", "message.max.bytes": 1000}, tracing=tracing)

    def kept() -> tuple[int, ...]:
        for _ in range(50):
            with suppress(confluent_kafka.KafkaException):
                producer.produce("t", b"v" * 2000)
        tracing.flush(30)
        gc.collect()
        return sys.getrefcount(producer._sender), sum(isinstance(each, Roots) for each in gc.get_objects())

    kept()
    assert kept() == kept()
