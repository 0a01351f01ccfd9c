"""Messages a second, from the offsets of sampled traces."""

from dataclasses import replace

import pytest
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.page import build, offsets
from tracedpipeline.verdict import Verdict

from tests.unit.operator.page.spans import message

SECOND = 10**9
NOW = 1_000 * SECOND


def processed(*places: tuple[int, int, int]) -> list[Span]:
    """Process spans of these partitions and offsets, so many seconds ago."""
    span = message(1)[-1]
    return [replace(span, place=(partition, offset), end=NOW - ago * SECOND) for partition, offset, ago in places]


@pytest.mark.parametrize(
    ("places", "rate"),
    [
        ([(0, 100, 20), (0, 300, 10)], 20),
        ([(0, 300, 10), (0, 150, 15), (0, 100, 20)], 20),
        ([(0, 100, 20), (0, 300, 10), (1, 7, 14), (1, 9, 10)], 20.5),
        ([(0, 100, 20), (0, 300, 10), (1, 7, 14)], 20),
        ([(0, 100, 20)], None),
        ([(0, 300, 20), (0, 1, 10)], None),
        ([(0, 100, 70), (0, 300, 61)], None),
        ([(0, 100, 70), (0, 280, 60)], 18),
        ([], None),
    ],
    ids=[
        "two", "in any order", "two partitions", "a partition with one", "one", "a topic made again", "long ago",
        "a minute ago", "none",
    ],
)  # fmt: skip
def test_a_rate_is_what_offsets_went_by(places: list[tuple[int, int, int]], rate: float | None) -> None:
    assert offsets.a_second(processed(*places), NOW / 1e6) == rate


def test_spans_without_a_place_tell_nothing() -> None:
    assert offsets.a_second([replace(span, place=None) for span in message(1)], 0) is None


def test_without_metrics_the_page_has_them() -> None:
    spans = [
        replace(span, place=(0, 10 * number), end=NOW + number * SECOND)
        for number in (1, 2)
        for span in message(number)
    ]
    flow = build.build("orders", Verdict(True, "TracesFlowing", ""), spans, NOW / 1e6).flow
    assert (flow.sent_a_second, flow.processed_a_second) == (10, 10)


def test_spans_that_were_read_before_count_for_a_minute() -> None:
    (old, recent), newest = processed((0, 100, 61), (0, 200, 60)), processed((0, 800, 0))
    old, recent = replace(old, span_id="1"), replace(recent, span_id="2")
    counted = offsets.fresh([old, recent, recent, replace(recent, span_id="3", place=None)], NOW / 1e6)
    assert counted == [recent]
    page = build.build("orders", Verdict(True, "TracesFlowing", ""), newest, NOW / 1e6)
    assert page.flow.processed_a_second is None
    assert build.with_rates(page, [*counted, *newest]).flow.processed_a_second == 10
