"""When a status is worth writing."""

from typing import Any

import pytest
from tracedpipeline.status.quiet import figures_due, figures_moved, transition


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
    assert transition(status(), new)
    assert transition(new, status())


@pytest.mark.parametrize(("milliseconds", "written"), [(109.9, False), (110.1, True), (90.1, False), (89.9, True)])
def test_a_figure_is_worth_writing_where_it_moved(milliseconds: float, written: bool) -> None:
    new = status(milliseconds=milliseconds)
    assert not transition(status(), new)
    assert figures_moved(status(), new) == written


@pytest.mark.parametrize(
    ("pipelines", "seconds"),
    [(1, 60.0), (24, 60.0), (25, 62.5), (100, 250.0)],
)
def test_figures_are_due_once_a_minute_and_more_rarely_where_there_are_many(pipelines: int, seconds: float) -> None:
    assert not figures_due(seconds - 0.1, pipelines)
    assert figures_due(seconds, pipelines)


@pytest.mark.parametrize(("minutes", "written"), [(10, False), (11, False), (12, True)])
def test_numbers_in_messages_are_figures(minutes: int, written: bool) -> None:
    old, new = status("waited about 10 min"), status(f"waited about {minutes} min")
    assert not transition(old, new)
    assert figures_moved(old, new) == written


def test_another_trace_of_the_same_length_is_not_written() -> None:
    new = status()
    new["lastTrace"] |= {"id": "cd", "time": "2026-01-01T01:00:00Z"}
    assert not transition(status(), new)
    assert not figures_moved(status(), new)


def test_a_figure_that_was_zero_has_moved() -> None:
    assert figures_moved(status(milliseconds=0), status(milliseconds=0.1))
    assert not figures_moved(status(milliseconds=0), status(milliseconds=0))


def test_the_first_status_is_written() -> None:
    assert transition({}, status())


def test_what_a_status_leaves_out_has_no_figures() -> None:
    bare = {"conditions": [{"type": "Ready"}]}
    for empty in ({}, bare):
        assert not transition(empty, empty)
        assert not figures_moved(empty, empty)
    assert figures_moved({}, status("", 1.05))
