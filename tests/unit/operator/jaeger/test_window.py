from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger.window import Window, window_of

from tests.unit.operator.conftest import body

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def pipeline(ratio: float = 1, *, producer: dict[str, Any], consumer: dict[str, Any]) -> TracedPipeline:
    return TracedPipeline.parse(body(producer=producer, consumer=consumer, tracing={"samplingRatio": ratio}))


QUICK = {"processingTime": "0ms"}


@pytest.mark.parametrize(
    ("rate", "replicas", "consumer", "ratio", "seconds"),
    [
        (10, 1, QUICK, 1, 60),
        (0.1, 1, QUICK, 1, 100),
        (0.05, 2, QUICK, 1, 100),
        (1, 1, QUICK, 0.1, 100),
        (10, 1, {"processingTime": "10s"}, 1, 100),
        (10, 1, {"processingTime": "30s", "replicas": 3}, 1, 100),
        (0.05, 1, {"processingTime": "10s"}, 1, 200),
        (10, 1, QUICK, 0, 604_800),
        (0.001, 1, QUICK, 0.000001, 604_800),
    ],
    ids=[
        "no shorter than a restart",
        "ten messages",
        "of all producers",
        "of those that are traced",
        "that the consumer gets done",
        "all consumers together",
        "and that there are",
        "nothing is traced",
        "no longer than a week",
    ],
)
def test_ten_traces_are_expected_in_what_counts_as_recent(
    rate: float, replicas: int, consumer: dict[str, Any], ratio: float, seconds: int
) -> None:
    of = pipeline(ratio, producer={"ratePerSecond": rate, "replicas": replicas}, consumer=consumer)
    assert window_of(of).total_seconds() == pytest.approx(seconds)


def test_the_newest_spans_may_be_dated_by_a_clock_that_is_ahead() -> None:
    found = Window.newest(timedelta(minutes=1), NOW)
    assert (NOW - found.since, found.until - NOW) == (timedelta(minutes=1), timedelta(minutes=10))


def test_an_earlier_window_begins_earlier_and_ends_in_the_past() -> None:
    found = Window.newest(timedelta(minutes=1), NOW).earlier(timedelta(seconds=30), NOW)
    assert (NOW - found.since, NOW - found.until) == (timedelta(seconds=90), timedelta(seconds=30))
