"""When a status is worth writing."""

from typing import Any

import pytest
from tracedpipeline.status.quiet import FIGURES_SECONDS, worth_writing

LATER = FIGURES_SECONDS


def status(message: str = "a trace was read back", milliseconds: float = 100.0, **changes: Any) -> dict[str, Any]:
    condition = {"type": "TracesFlowing", "status": "True", "reason": "Flowing", "observedGeneration": 2}
    times = {"lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {
        "observedGeneration": 2,
        "conditions": [condition | {"message": message} | times | changes.pop("condition", {})],
        "lastTrace": {"id": "ab", "time": "2026-01-01T00:00:00Z", "endToEndMilliseconds": milliseconds},
        "consumerReplicas": 1,
    } | changes


@pytest.mark.parametrize(
    "new",
    [
        status(condition={"status": "False"}),
        status(condition={"reason": "Other"}),
        status(condition={"type": "Ready"}),
        status(condition={"observedGeneration": 3}),
        status(observedGeneration=3),
        status(consumerReplicas=2),
        status(conditions=[]),
        status("another message"),
        {key: value for key, value in status().items() if key != "lastTrace"},
    ],
    ids=["status", "reason", "type", "its generation", "generation", "replicas", "fewer", "message", "no trace"],
)
def test_a_transition_is_written_at_once(new: dict[str, Any]) -> None:
    assert worth_writing(status(), new, 0)
    assert worth_writing(new, status(), 0)


@pytest.mark.parametrize(("milliseconds", "written"), [(109.9, False), (110.1, True), (90.1, False), (89.9, True)])
def test_a_figure_is_written_once_a_minute_where_it_moved(milliseconds: float, written: bool) -> None:
    new = status(milliseconds=milliseconds)
    assert not worth_writing(status(), new, LATER - 0.1)
    assert worth_writing(status(), new, LATER) == written


@pytest.mark.parametrize(("minutes", "written"), [(10, False), (11, False), (12, True)])
def test_numbers_in_messages_are_figures(minutes: int, written: bool) -> None:
    old, new = status("waited about 10 min"), status(f"waited about {minutes} min")
    assert not worth_writing(old, new, 0)
    assert worth_writing(old, new, LATER) == written


def test_another_trace_of_the_same_length_is_not_written() -> None:
    new = status()
    new["lastTrace"] |= {"id": "cd", "time": "2026-01-01T01:00:00Z"}
    assert not worth_writing(status(), new, 10 * LATER)


def test_a_figure_that_was_zero_has_moved() -> None:
    assert worth_writing(status(milliseconds=0), status(milliseconds=0.1), LATER)
    assert not worth_writing(status(milliseconds=0), status(milliseconds=0), LATER)


def test_the_first_status_is_written() -> None:
    assert worth_writing({}, status(), 0)
