"""Log lines that say which message they are about."""

import io
import logging
from collections.abc import Iterator

import pytest
from kafkatrace import LogFilter, Tracing
from opentelemetry.sdk.trace import TracerProvider

from tests.unit.kafkatrace.handmade import Inbox
from tests.unit.kafkatrace.recording import PARENT, UNSAMPLED, Recorder


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(LogFilter())
    handler.setFormatter(logging.Formatter("%(message)s%(kafka)s|%(trace_id)s|%(topic)s|%(partition)s|%(offset)s"))
    logger = logging.getLogger("shop.of.a.user")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield logger, written
    logger.removeHandler(handler)


Log = tuple[logging.Logger, io.StringIO]
TRACE = PARENT.decode()[3:35]


def test_inside_process_a_line_has_trace_topic_partition_and_offset(log: Log, recorder: Recorder) -> None:
    with Inbox(recorder.tracing).take(("traceparent", PARENT)) as span:
        log[0].info("hello")
    own = f"{span.get_span_context().span_id:016x}"
    about = f"trace_id={TRACE} span_id={own} topic=t partition=0 offset=7"
    assert log[1].getvalue() == f"hello [{about}]|{TRACE}|t|0|7\n"


def test_within_a_span_of_a_users_own_the_message_is_still_the_same(log: Log, recorder: Recorder) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("shop")
    with Inbox(recorder.tracing).take(("traceparent", PARENT)), tracer.start_as_current_span("query") as query:
        log[0].info("hello")
    assert log[1].getvalue().endswith(f"|{TRACE}|t|0|7\n")
    assert f"span_id={query.get_span_context().span_id:016x}" in log[1].getvalue()


def test_of_a_message_that_is_not_sampled_trace_and_topic_are_known(log: Log, recorder: Recorder) -> None:
    with Inbox(recorder.tracing).take(("traceparent", UNSAMPLED)):
        log[0].info("hello")
    assert log[1].getvalue().endswith(f"|{TRACE}|t||\n")


def test_outside_a_line_is_as_it_was(log: Log, recorder: Recorder) -> None:
    with Inbox(recorder.tracing).take(("traceparent", PARENT)):
        pass
    log[0].info("hello")
    assert log[1].getvalue() == "hello||||\n"


def test_what_a_user_says_himself_stays(log: Log, recorder: Recorder) -> None:
    with Inbox(recorder.tracing).take(("traceparent", PARENT)):
        log[0].info("hello", extra={"topic": "mine"})
    assert "|mine|0|7" in log[1].getvalue()


def test_a_tracing_that_is_off_changes_nothing(log: Log, monkeypatch: pytest.MonkeyPatch, tracing: Tracing) -> None:
    monkeypatch.setattr(tracing, "enabled", False)
    with Inbox(tracing).take(("traceparent", PARENT)):
        log[0].info("hello")
    assert log[1].getvalue() == "hello||||\n"
