import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.observed import LastTrace
from tracedpipeline.status import readiness
from tracedpipeline.status.build import MOST_CHARACTERS, build_status, failed_status, status_details, transitions
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body

THEN, NOW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def built(verdict: Verdict, old: dict[str, Any] | None = None, now: datetime = NOW) -> dict[str, Any]:
    return build_status(old or {}, 4, {readiness.READY: verdict}, now, {})


def conditions(built_status: dict[str, Any]) -> dict[str, Any]:
    return {condition["type"]: condition for condition in built_status["conditions"]}


PROGRESSING = Verdict(False, reasons.PROGRESSING, "0 of 1")
AVAILABLE = Verdict(True, reasons.ALL_AVAILABLE, "fine")
INVALID = Verdict(False, reasons.INVALID_SPEC, "spec.x: unknown field")


def test_nothing_changes_when_nothing_has() -> None:
    old = built(AVAILABLE, now=THEN)
    assert built(AVAILABLE, old) == old


def test_the_time_moves_with_the_status_and_not_with_the_reason() -> None:
    old = built(PROGRESSING, now=THEN)
    crash = built(Verdict(False, reasons.CRASH_LOOP_BACK_OFF, "exit code 1"), old)
    assert conditions(crash)["Ready"]["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert conditions(built(AVAILABLE, crash))["Ready"]["lastTransitionTime"] == "2026-01-02T00:00:00Z"


def test_what_nobody_knows_is_unknown() -> None:
    said = {
        ok: conditions(built(Verdict(ok, reasons.PROGRESSING, "?")))["Ready"]["status"] for ok in (True, False, None)
    }
    assert said == {True: "True", False: "False", None: "Unknown"}


def test_reconciling_and_stalled_are_there_only_while_true() -> None:
    assert set(conditions(built(PROGRESSING))) == {"Ready", "Reconciling"}
    assert set(conditions(built(INVALID))) == {"Ready", "Stalled"}
    assert set(conditions(built(AVAILABLE))) == {"Ready"}
    assert set(conditions(built(Verdict(False, reasons.PAUSED, "paused")))) == {"Ready"}


def test_reconciling_and_stalled_are_true_and_tell_what_ready_tells() -> None:
    for kind, ready in (("Reconciling", PROGRESSING), ("Stalled", INVALID)):
        told = conditions(built(ready))[kind]
        assert (told["status"], told["reason"], told["message"]) == ("True", ready.reason, ready.message)


def test_what_only_somebodys_change_helps_is_stalled_whatever_the_reason() -> None:
    denied = Verdict(False, reasons.RECONCILE_ERROR, "no quota", retry_helps=False)
    assert set(conditions(built(denied))) == {"Ready", "Stalled"}


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_time_is_of_utc_wherever_the_operator_runs(pipeline: TracedPipeline) -> None:
    later = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=3)))
    assert conditions(built(AVAILABLE, now=later))["Ready"]["lastTransitionTime"] == "2026-01-02T00:00:00Z"
    details = status_details(pipeline, 2, LastTrace("ab" * 16, 1_767_225_600_000_000_000, 41.2))
    assert details["lastTrace"]["time"] == "2026-01-01T00:00:00Z"


FAILED = Verdict(False, reasons.RECONCILE_ERROR, "the API server is away")


def test_after_a_failure_what_was_seen_before_stays_and_ready_tells_the_failure() -> None:
    seen = {"type": "KafkaReady", "status": "True", "reason": "TopicReady", "message": "fine"}
    old = {"conditions": [seen], "consumerReplicas": 2}
    new = failed_status(old, 5, FAILED, NOW)
    found = conditions(new)
    assert (new["consumerReplicas"], new["observedGeneration"]) == (2, 5)
    assert found["KafkaReady"] == seen
    assert found["Ready"]["message"] == found["Reconciling"]["message"] == "the API server is away"
    assert found["Ready"]["lastTransitionTime"] == "2026-01-02T00:00:00Z"


def test_after_a_failure_ready_is_not_what_it_was_before() -> None:
    old = built(AVAILABLE, now=THEN)
    assert conditions(failed_status(old, 4, FAILED, NOW))["Ready"]["status"] == "False"


def test_after_a_failure_what_was_never_seen_is_unknown() -> None:
    found = conditions(failed_status({}, 4, FAILED, NOW))
    assert set(found) == {*readiness.OBSERVED, "Ready", "Reconciling"}
    for kind in readiness.OBSERVED:
        assert found[kind]["status"] == "Unknown"
        assert found[kind]["reason"] == reasons.RECONCILE_ERROR
        assert found[kind]["message"] == "not looked at: the reconcile failed before"


def test_conditions_speak_of_the_generation() -> None:
    assert built(AVAILABLE)["observedGeneration"] == 4
    assert conditions(built(AVAILABLE))["Ready"]["observedGeneration"] == 4


def test_an_event_is_a_change_of_readys_reason() -> None:
    first = built(PROGRESSING)
    assert transitions({}, first) == [(reasons.PROGRESSING, "0 of 1")]
    assert transitions(first, built(Verdict(False, reasons.PROGRESSING, "1 of 2"), first)) == []
    assert transitions(first, built(AVAILABLE, first)) == [(reasons.ALL_AVAILABLE, "fine")]


def with_traces(ok: bool | None, reason: str, message: str = "?", ready: Verdict = AVAILABLE) -> dict[str, Any]:
    verdicts = {readiness.TRACES_FLOWING: Verdict(ok, reason, message), readiness.READY: ready}
    return build_status({}, 4, verdicts, NOW, {})


FLOWING = with_traces(True, reasons.FLOWING)


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (FLOWING, with_traces(None, reasons.CONSUMER_BEHIND), [reasons.CONSUMER_BEHIND]),
        (FLOWING, with_traces(False, reasons.JAEGER_UNREACHABLE), [reasons.JAEGER_UNREACHABLE]),
        (with_traces(False, reasons.NO_CONSUMER_SPANS), FLOWING, [reasons.FLOWING]),
        (with_traces(None, reasons.CONSUMER_BEHIND, "5 min"), with_traces(None, reasons.CONSUMER_BEHIND, "6 min"), []),
        (FLOWING, with_traces(None, reasons.WAITING_FOR_SPANS), []),
        (
            FLOWING,
            with_traces(None, reasons.WAITING_FOR_COMPONENTS, ready=PROGRESSING),
            [reasons.PROGRESSING],
        ),
        (FLOWING, with_traces(None, reasons.INVALID_SPEC, ready=INVALID), [reasons.INVALID_SPEC]),
        (built(PROGRESSING), FLOWING, [reasons.ALL_AVAILABLE, reasons.FLOWING]),
    ],
    ids=["behind", "broken", "flowing", "same reason", "a look later", "rolling", "refused", "up"],
)
def test_an_event_is_news_of_the_traces(before: dict[str, Any], after: dict[str, Any], events: list[str]) -> None:
    assert [reason for reason, _ in transitions(before, after)] == events


SELECTED = "app.kubernetes.io/name=consumer,app.kubernetes.io/instance=orders,app.kubernetes.io/part-of=tracedpipeline"


def test_details(pipeline: TracedPipeline) -> None:
    told = status_details(pipeline, 2, LastTrace("ab" * 16, 1_767_225_600_000_000_000, 41.23456))
    assert told["consumerReplicas"] == 2
    assert told["selector"] == SELECTED
    assert told["lastTrace"] == {
        "id": "ab" * 16,
        "time": "2026-01-01T00:00:00Z",
        "endToEndMilliseconds": 41.235,
        "path": f"/trace/{'ab' * 16}",
    }


def test_the_scale_subresource_selects_the_pods_that_flink_runs_the_consumer_in() -> None:
    pipeline = TracedPipeline.parse(body(consumer={"engine": "Flink"}))
    assert "app.kubernetes.io/name=taskmanager" in status_details(pipeline, 2, None)["selector"]


def test_what_is_not_known_anew_stays_so_that_nothing_has_to_be_written() -> None:
    old = built(AVAILABLE) | {"lastTrace": {"id": "x"}, "consumerReplicas": 2}
    assert built(AVAILABLE, old) == old


def test_a_message_is_one_bounded_line_whoever_wrote_it() -> None:
    said = Verdict(False, reasons.UNSCHEDULABLE, "no node\n\x1b[31m takes it\u202e" + "x" * 100_000)
    (ready,) = [c for c in build_status({}, 1, {"Ready": said}, NOW, {})["conditions"] if c["type"] == "Ready"]
    assert ready["message"].startswith("no node [31m takes it x")
    assert len(ready["message"]) == MOST_CHARACTERS
