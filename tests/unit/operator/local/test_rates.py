import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
)
from tracedpipeline.local import rates
from tracedpipeline.local.rates import PROCESSED, SENT, Rates

SECOND = 1_000_000_000
START = 1_000 * SECOND
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA


def sent(count: int, at: int, temporality: "AggregationTemporality.ValueType" = CUMULATIVE) -> Metric:
    point = NumberDataPoint(as_int=count, start_time_unix_nano=START, time_unix_nano=START + at * SECOND)
    return Metric(name=SENT, sum=Sum(data_points=[point], aggregation_temporality=temporality))


def test_a_rate_is_what_came_between_two_exports() -> None:
    found = Rates()
    found.take(b"1", sent(100, 5))
    assert found.a_second(SENT) == 20
    found.take(b"1", sent(150, 10))
    assert found.a_second(SENT) == 10


def test_counts_of_what_came_since_the_last_export_are_rates_too() -> None:
    found = Rates()
    found.take(b"1", sent(100, 5, DELTA))
    found.take(b"1", sent(50, 10, DELTA))
    assert found.a_second(SENT) == 10


def test_the_rates_of_all_processes_are_one() -> None:
    found = Rates()
    found.take(b"1", sent(100, 5))
    found.take(b"2", sent(10, 5))
    assert found.a_second(SENT) == 22


def test_histograms_are_counted() -> None:
    point = HistogramDataPoint(count=30, start_time_unix_nano=START, time_unix_nano=START + 10 * SECOND)
    found = Rates()
    found.take(b"1", Metric(name=PROCESSED, histogram=Histogram(data_points=[point])))
    assert found.a_second(PROCESSED) == 3


@pytest.mark.parametrize("second", [sent(5, 10), sent(200, 5), sent(200, 0)], ids=["began again", "same time", "back"])
def test_what_no_rate_follows_from_is_unknown(second: Metric) -> None:
    found = Rates()
    found.take(b"1", sent(100, 5))
    found.take(b"1", second)
    assert found.a_second(SENT) is None


def test_nothing_is_kept_of_other_metrics_nor_of_too_many_processes() -> None:
    found = Rates()
    found.take(b"1", Metric(name="other", sum=sent(5, 5).sum))
    assert found.a_second("other") is None
    for number in range(rates.MOST_SERIES + 1):
        found.take(str(number).encode(), sent(1, 1))
    assert found.a_second(SENT) == rates.MOST_SERIES


def test_each_rate_is_since_the_export_before() -> None:
    found = Rates()
    for count, at, expected in ((100, 5, 20.0), (150, 10, 10.0), (230, 15, 16.0), (230, 20, 0.0)):
        found.take(b"1", sent(count, at))
        assert found.a_second(SENT) == expected


def test_after_a_process_began_again_its_next_export_has_a_rate() -> None:
    found = Rates()
    for count, at, expected in ((100, 5, 20.0), (5, 10, None), (15, 15, 2.0)):
        found.take(b"1", sent(count, at))
        assert found.a_second(SENT) == expected


def test_a_first_count_without_a_beginning_has_no_rate() -> None:
    metric = sent(100, 5)
    metric.sum.data_points[0].start_time_unix_nano = 0
    found = Rates()
    found.take(b"1", metric)
    assert found.a_second(SENT) is None
