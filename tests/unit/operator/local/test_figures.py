import pytest
from tracedpipeline.local.figures import END_TO_END, MOST_SERIES, QUEUE, Figures, Histogram, told
from tracedpipeline.local.rates import PROCESSED

from tests.unit.operator.local.otlp import histogram

BOUNDS = [0.01, 0.02, 0.1]


def test_the_last_of_a_process_counts_and_those_of_several_are_added() -> None:
    figures = Figures()
    figures.take(histogram(QUEUE, [1, 0, 0, 0], BOUNDS, "a"))
    figures.take(histogram(QUEUE, [5, 1, 0, 0], BOUNDS, "a"))
    figures.take(histogram(QUEUE, [0, 0, 2, 1], BOUNDS, "b"))
    assert figures.histogram(QUEUE) == Histogram(tuple(BOUNDS), (5, 1, 2, 1))


def test_differences_are_added() -> None:
    figures = Figures()
    for _ in range(2):
        figures.take(histogram(QUEUE, [1, 0, 0, 2], BOUNDS, delta=True))
    assert figures.histogram(QUEUE) == Histogram(tuple(BOUNDS), (2, 0, 0, 4))


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ((10, 0, 0, 0), 0.5, 0.005),
        ((5, 5, 0, 0), 0.5, 0.01),
        ((0, 10, 0, 0), 0.5, 0.015),
        ((0, 99, 1, 0), 0.99, 0.02),
        ((0, 0, 0, 3), 0.5, 0.1),
        ((0, 0, 0, 0), 0.5, None),
    ],
)
def test_quantiles(counts: tuple[int, ...], share: float, expected: float | None) -> None:
    found = Histogram(tuple(BOUNDS), counts).quantile(share)
    assert found == (None if expected is None else pytest.approx(expected))


def test_what_is_no_histogram_is_left_out() -> None:
    figures = Figures()
    figures.take(histogram(QUEUE, [1, 2], BOUNDS))
    assert figures.histogram(QUEUE) is None


def test_so_many_series_are_kept() -> None:
    figures = Figures()
    for number in range(MOST_SERIES + 5):
        figures.take(histogram(QUEUE, [1, 0, 0, 0], BOUNDS, f"s{number}"))
    whole = figures.histogram(QUEUE)
    assert whole is not None and whole.count == MOST_SERIES


def test_all_messages_are_told_of_in_a_line() -> None:
    figures = Figures()
    assert told(figures) is None
    figures.take(histogram(QUEUE, [10, 0, 0, 0], BOUNDS))
    figures.take(histogram(END_TO_END, [0, 10, 0, 0], BOUNDS))
    assert told(figures) == (
        "all 10 messages, sampled or not: end to end p50 15.0 ms, p99 19.9 ms, "
        "of that in the queue p50 5.0 ms, p99 9.9 ms"
    )


def test_a_quantile_ends_where_its_share_is_reached() -> None:
    assert Histogram((1.0, 2.0), (1, 1, 0)).quantile(0.5) == 1.0
    assert Histogram((1.0, 2.0), (0, 1, 0)).quantile(0.0) == 1.0
    assert Histogram((), (3,)).quantile(0.5) is None


def test_histograms_with_other_bounds_are_not_added() -> None:
    figures = Figures()
    figures.take(histogram(QUEUE, [1, 0, 0, 0], BOUNDS, "a", delta=True))
    figures.take(histogram(QUEUE, [2, 3], [1.0], "a", delta=True))
    assert figures.histogram(QUEUE) == Histogram((1.0,), (2, 3))
    figures.take(histogram(QUEUE, [4, 0, 0, 0], BOUNDS, "b"))
    assert figures.histogram(QUEUE) == Histogram((1.0,), (2, 3))


def test_a_metric_that_has_only_begun_is_not_told_of() -> None:
    figures = Figures()
    figures.take(histogram(END_TO_END, [0, 0, 0, 0], BOUNDS))
    assert told(figures) is None
    figures.take(histogram(END_TO_END, [1, 0, 0, 0], BOUNDS))
    assert told(figures) == "all 1 messages, sampled or not: end to end p50 5.0 ms, p99 9.9 ms"
    figures.take(histogram(QUEUE, [0, 0, 0, 0], BOUNDS))
    assert told(figures) == (
        "all 1 messages, sampled or not: end to end p50 5.0 ms, p99 9.9 ms, of that in the queue p50 ? ms, p99 ? ms"
    )


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [((1, 0, 1, 0), 0.5, 1.0), ((1, 3, 0, 0), 0.75, 1 + 2 / 3), ((1, 1, 2, 0), 0.75, 2.5)],
)
def test_a_quantile_lies_between_the_bounds_of_its_bucket(
    counts: tuple[int, ...], share: float, expected: float
) -> None:
    assert Histogram((1.0, 2.0, 3.0), counts).quantile(share) == pytest.approx(expected)


def test_a_point_that_is_none_hides_no_other() -> None:
    request = histogram(QUEUE, [1, 2], BOUNDS)
    points = request.resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points
    points.extend(
        histogram(QUEUE, [1, 0, 0, 0], BOUNDS).resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points
    )
    figures = Figures()
    figures.take(request)
    assert figures.histogram(QUEUE) == Histogram(tuple(BOUNDS), (1, 0, 0, 0))


def test_long_times_are_told_to_the_millisecond() -> None:
    figures = Figures()
    figures.take(histogram(END_TO_END, [2, 0], [100.0]))
    assert told(figures) == "all 2 messages, sampled or not: end to end p50 50000.0 ms, p99 99000.0 ms"


def test_each_process_has_a_rate_of_its_own() -> None:
    figures = Figures()
    for service in ("a", "b"):
        request = histogram(PROCESSED, [30, 0, 0, 0], BOUNDS, service)
        (point,) = request.resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points
        point.start_time_unix_nano, point.time_unix_nano = 10**9, 11 * 10**9
        figures.take(request)
    assert figures.rates.a_second(PROCESSED) == 6.0
