"""What is written in C does what is written in Python: the same numbers, the same bytes."""

import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import kafkatrace
import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.context import w3c
from kafkatrace.export.batch import ENCODED, Batch
from kafkatrace.hotpath import choose, pure
from kafkatrace.operations.receive import Receiver
from kafkatrace.spans.message_span import MessageSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

_speedups: Any = import_module("kafkatrace._speedups")
TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
_BOUNDS = (10, 20, 500)


@pytest.fixture(scope="module")
def tracing() -> Iterator[kafkatrace.Tracing]:
    made = kafkatrace.configure("speedups", sampling_ratio=1, exporter=InMemorySpanExporter())
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def receiver(tracing: kafkatrace.Tracing) -> Receiver:
    made = Receiver(tracing, {"group.id": "g", "bootstrap.servers": "kafka:9092"}, linked=False)
    made.cluster.value = "cluster"
    return made


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-30, 600), min_size=1))
def test_a_histogram_has_the_same_state(numbers: list[int]) -> None:
    ours, plain = choose.Histogram(_BOUNDS), pure.Histogram(_BOUNDS)
    for number in numbers:
        ours.add(number)
        plain.add(number)
    assert ours.state() == plain.state()


def test_a_histogram_holds_what_is_beyond_64_bits_at_the_limit() -> None:
    histogram = choose.Histogram(_BOUNDS)
    histogram.add(1 << 70)
    histogram.add(-(1 << 70))
    assert histogram.state() == ((1, 0, 0, 1), -1, -(1 << 63), (1 << 63) - 1)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=300))
def test_each_messages_time_is_given_once(steps: list[tuple[bool, int]]) -> None:
    messages = [Message(topic="t", partition=0, offset=each) for each in range(41)]
    polled = choose.Polled(lambda consumer: None)
    for message in messages:
        polled.take(message)  # what was there of another that had its address
    noted: set[int] = set()
    for put, each in steps:
        if put:
            polled.one(None, messages[each])
            noted.add(each)
        else:
            taken = polled.take(messages[each])
            assert (taken > 0) == (each in noted)
            noted.discard(each)
    assert all([polled.take(messages[each]) for each in noted])


def test_ten_thousand_messages_that_wait_have_each_their_own_time() -> None:
    messages = [Message(topic="t", partition=0, offset=each) for each in range(10_000)]
    polled = choose.Polled(lambda consumer: None)
    for message in messages:
        polled.one(None, message)
    times = [polled.take(message) for message in messages[::2]] + [polled.take(message) for message in messages[1::2]]
    assert all(times)
    assert times[:5_000] == sorted(times[:5_000])
    assert times[5_000:] == sorted(times[5_000:])
    assert not any(map(polled.take, messages))
    assert polled.consumed == 10_000


def test_events_are_no_records() -> None:
    class Event(Message):
        def error(self) -> Any:
            return "partition end"

    polled = choose.Polled(lambda consumer: None)
    record, event = Message(topic="t"), Event(topic="t")
    polled.one(None, event)
    assert polled.all(None, [record, event]) == [record]
    assert polled.consumed == 1
    assert polled.take(event) == 0


RECORDS = {
    "topic": st.sampled_from(["t", "orders"]),
    "partition": st.integers(0, 300),
    "offset": st.integers(0, 2**63 - 1),
    "key": st.none() | st.binary(max_size=40) | st.sampled_from([b"k" * 1024, b"k" * 1025, "ä".encode(), b"\xff"]),
    "value": st.sampled_from([None, b"", b"v"]),
    "timestamp": st.tuples(
        st.sampled_from([0, 1, 2]), st.sampled_from([-1, 0, 1, 1_000_000, 1_795_000_000_000, 2**62])
    ),
}


USUAL: dict[str, Any] = {"topic": "t", "partition": 0, "offset": 1, "key": b"k", "timestamp": (1, 1_795_000_000_000)}


def waited(receiver: Receiver, record: dict[str, Any], flags: bytes) -> MessageSpan:
    message = Message(headers=[("traceparent", TRACEPARENT + flags)], **record)
    receiver._highs[record["topic"], record["partition"]] = record["offset"] // 2 + 100
    with receiver.process(message) as span:
        assert isinstance(span, MessageSpan)
    return span


@given(record=st.fixed_dictionaries(RECORDS), flags=st.sampled_from([b"1", b"3"]))
def test_a_messages_spans_are_the_same_bytes(receiver: Receiver, record: dict[str, Any], flags: bytes) -> None:
    span = waited(receiver, record, flags)
    batch = Batch()
    receiver.processed.encode(span, batch)
    encoded = receiver.processed.encoder.message(span)
    assert encoded is None or encoded == (ENCODED, *batch.service, *batch.cluster)
    usual = record["timestamp"][0] and 0 <= record["timestamp"][1] <= time.time_ns() // 1_000_000
    told = record["key"] is None or (len(record["key"]) <= 1024 and record["key"].isascii())
    near = record["timestamp"][1] > time.time_ns() // 1_000_000 - 2**53 // 1_000_000
    assert (encoded is not None) == bool(usual and told and near)


@pytest.mark.parametrize("flags", [b"0", b"1"])
def test_spans_leave_nothing_behind(tracing: kafkatrace.Tracing, receiver: Receiver, flags: bytes) -> None:
    record = {
        "topic": "t",
        "partition": 0,
        "offset": 1,
        "key": b"k",
        "value": b"v",
        "timestamp": (1, 1_795_000_000_000),
    }

    def kept() -> tuple[int, ...]:
        tracing.flush(30)
        gc.collect()
        shared = (receiver.processed, receiver.processed.encoder, receiver.processed.account, TRACEPARENT)
        return sum(isinstance(each, MessageSpan) for each in gc.get_objects()), *map(sys.getrefcount, shared)

    waited(receiver, record, flags)
    before = kept()
    for _ in range(100):
        waited(receiver, record, flags)
    assert kept() == before


@pytest.mark.parametrize("name", ["Account", "Encoder", "Method", "Polled", "Process", "Sending"])
def test_nothing_in_c_is_made_without_its_parts(name: str) -> None:
    made = getattr(_speedups, name)
    with pytest.raises(TypeError):
        made.__new__(made)
    with pytest.raises(TypeError):
        made()


@pytest.mark.parametrize("name", ["Account", "Encoder", "Process", "Sending"])
def test_parts_are_given_by_name(name: str) -> None:
    with pytest.raises(TypeError, match="positional"):
        getattr(_speedups, name)(None)
    with pytest.raises(TypeError, match=r"unknown|invalid|required"):
        getattr(_speedups, name)(unknown=None)


@pytest.mark.parametrize("given", [None, (), (1, 2, 3), (choose.Histogram(_BOUNDS),) * 2, [choose.Histogram(())] * 3])
@pytest.mark.parametrize("flags", [b"0", b"1"])
def test_what_a_callback_gives_for_histograms_is_looked_at(receiver: Receiver, given: Any, flags: bytes) -> None:
    account = _speedups.Account(otherwise=len, histograms=lambda topic: given, received=print)
    span = waited(receiver, USUAL, flags)
    with pytest.raises(TypeError, match="expected three histograms"):
        account(span)


def test_a_histogram_without_its_init_counts_in_one_bucket(receiver: Receiver) -> None:
    made: Any = choose.Histogram
    plain = [made.__new__(made, _BOUNDS) for _ in range(3)]
    account = _speedups.Account(otherwise=len, histograms=lambda topic: tuple(plain), received=print)
    assert account(waited(receiver, USUAL, b"1")) == 2
    assert [each.state()[0] for each in plain] == [(1,)] * 3


@pytest.mark.parametrize("prefixes", [None, (), (b"", "x"), b"", 5])
def test_strange_prefixes_are_pythons_to_look_at(receiver: Receiver, prefixes: Any) -> None:
    encoder = _speedups.Encoder(
        finisher=ENCODED,
        owner=receiver.processed,
        prefixes={("t", 0): prefixes},
        names=(b"o", b"k", b"q", b"e", b"l"),
        tombstone=b"",
        kinds=(b"",) * 4,
    )
    assert encoder.message(waited(receiver, USUAL, b"1")) is None


@pytest.mark.parametrize("ready", [None, 5, b"", b"x" * 15, "x" * 16])
def test_a_strange_id_begins_no_span(receiver: Receiver, ready: Any) -> None:
    receiver._ready.append(ready)
    with pytest.raises(TypeError, match="16 digits"):
        waited(receiver, USUAL, b"1")
    assert waited(receiver, USUAL, b"1")


def test_another_types_methods_are_not_called_on_a_message() -> None:
    program = """if True:
        from kafkatrace import _speedups
        from kafkatrace.context import context_var
        class Fake:
            error = headers = key = offset = partition = timestamp = topic = value = str.upper
        _speedups.use(context_var.variable, Fake)
        polled = _speedups.Polled(print)
        try:
            polled.one(None, Fake())
        except TypeError as error:
            print(error)
    """
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "upper" in told.stdout


def test_a_message_that_shortens_the_batch_is_kept() -> None:
    batch: list[Message] = []

    class Shortening(Message):
        def error(self) -> Any:
            batch.clear()

    batch += [Shortening(topic="t"), Shortening(topic="t")]
    assert [type(each) for each in choose.Polled(print).all(None, batch)] == [Shortening]


def test_headers_that_change_while_the_message_is_read(receiver: Receiver) -> None:
    class Changing(Message):
        given: Any

        def headers(self) -> Any:
            return self.given

        def topic(self) -> str:
            self.given.clear()
            gc.collect()
            return "t"

    message = Changing(partition=0, offset=1, timestamp=(1, 1_000))
    message.given = [("traceparent", bytes(bytearray(TRACEPARENT + b"1")))]
    with receiver.process(message) as span:
        assert isinstance(span, MessageSpan)
    assert span.sender == TRACEPARENT + b"1"


@pytest.mark.parametrize("place", range(54))  # after it are the flags
def test_a_traceparent_is_read_in_c_as_in_python(receiver: Receiver, place: int) -> None:
    for byte in range(256):
        given = TRACEPARENT[:place] + bytes((byte,)) + TRACEPARENT[place + 1 :] + b"0"
        message = Message(headers=[("traceparent", given)], **USUAL)
        with receiver.process(message) as span:
            assert isinstance(span, MessageSpan)
        assert (span.traceparent == given) == (w3c.canonical_traceparent(given) == given), given


@pytest.mark.parametrize(("first", "end"), [(3, 35), (36, 52)])
def test_an_id_is_not_zero_and_may_be_so_but_for_one_digit(receiver: Receiver, first: int, end: int) -> None:
    for place in range(first, end + 1):
        zeros = b"0" * (end - first)
        given = TRACEPARENT[:first] + zeros + TRACEPARENT[end:] + b"0"
        given = given if place == end else given[:place] + b"1" + given[place + 1 :]
        with receiver.process(Message(headers=[("traceparent", given)], **USUAL)) as span:
            assert isinstance(span, MessageSpan)
        assert (span.traceparent == given) == (place < end)


def test_a_process_may_choose_python() -> None:
    program = (
        "import kafkatrace; from kafkatrace.hotpath import choose, pure;"
        "print(choose.Polled is pure.Polled, kafkatrace.implementation)"
    )
    environment = {"KAFKATRACE_PURE_PYTHON": "1", "PATH": "/usr/bin"}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "True Python\n"


def test_a_process_says_that_it_runs_what_is_in_c() -> None:
    assert kafkatrace.implementation == "C"


def test_every_source_in_c_is_built() -> None:
    root = Path(__file__).parents[4] / "apps/kafkatrace"
    named = (root / "pyproject.toml").read_text()
    assert all(f'"speedups/{each.name}"' in named for each in (root / "speedups").iterdir())
