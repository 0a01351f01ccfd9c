"""What other instrumentations write is read, and what is sent on is what they would write."""

import re
from pathlib import Path

import pytest
from kafkatrace import context_headers
from kafkatrace.context.context_var import variable
from kafkatrace.operations.send import Sender
from kafkatrace.spans.client_attributes import ClusterId
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context

from tests.unit.kafkatrace.handmade import Inbox, message
from tests.unit.kafkatrace.recording import Recorder, ids

USER = 'Amélie 1+1=2, 100%; "a/b"'
STATE = "rojo@tenant=00f067aa0ba902b7,congo=t61rcWkgMzE"
FILES = sorted((Path(__file__).parents[1] / "interop").glob("*.headers"))
Golden = list[tuple[str, bytes]]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    lines = request.param.read_bytes().splitlines()
    pairs = [line.split(b": ", 1) for line in lines]
    return [(name.decode(), value) for name, value in pairs]


def test_there_is_what_java_and_python_write() -> None:
    assert [path.stem for path in FILES] == [
        "java_agent_01",
        "java_agent_03",
        "python_contrib_01",
        "python_contrib_03",
    ]


def test_their_trace_goes_on(golden: Golden, recorder: Recorder) -> None:
    with Inbox(recorder.tracing).take(*golden) as span:
        own = span.get_span_context()
        assert own.trace_state.to_header() == STATE
        # Python writes a space as "+", which W3C Baggage doesn't define: Go writes a plus so
        assert str(baggage.get_baggage("user")).replace("+", " ") == USER.replace("+", " ")
        assert (b"+" in dict(golden)["baggage"]) == (baggage.get_baggage("user") != USER)
        assert baggage.get_baggage("tenant") == "7"
    _, trace_id, sender, flags = dict(golden)["traceparent"].split(b"-")
    queued, processed = recorder.span("queue"), recorder.span("process")
    assert ids(queued)[0] == ids(processed)[0] == int(trace_id, 16)
    assert ids(queued)[2] == int(sender, 16)
    assert own.trace_flags == int(flags, 16)
    assert recorder.tracing.counters.malformed_headers == 0


def test_what_is_sent_on_is_written_as_they_write_it(golden: Golden, recorder: Recorder) -> None:
    record = message(golden)
    with Inbox(recorder.tracing).process(record) as span:
        origin = Sender(recorder.tracing, {}, ClusterId()).origin(variable.get(), record.headers())
        elsewhere = context_headers(record)
        own = span.get_span_context()
    assert origin is not None
    theirs = dict(golden)
    for sent in (dict(origin.headers), dict(elsewhere)):
        assert sent.keys() == theirs.keys()
        parent = sent["traceparent"]
        assert isinstance(parent, bytes)
        assert re.fullmatch(rb"00-%032x-[0-9a-f]{16}-%02x" % (own.trace_id, own.trace_flags), parent)
        assert sent["tracestate"] == theirs["tracestate"]
    assert dict(elsewhere)["traceparent"] == b"00-%032x-%016x-%02x" % (own.trace_id, own.span_id, own.trace_flags)


def test_their_readers_get_the_same_baggage(golden: Golden, recorder: Recorder) -> None:
    with Inbox(recorder.tracing).take(*golden):
        sent = dict(context_headers())["baggage"]
        here = dict(baggage.get_all())
    assert isinstance(sent, bytes)
    assert b"+" not in sent, "Python reads a plus as a space, Java as a plus"
    assert re.fullmatch(rb"[!-~]+", sent)
    there = W3CBaggagePropagator().extract({"baggage": sent.decode()}, Context())
    assert dict(baggage.get_all(there)) == here
