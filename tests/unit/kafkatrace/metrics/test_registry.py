import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.export.metric_export import Reports
from kafkatrace.export.observables import watch_clocks
from kafkatrace.metrics import metric_definitions
from kafkatrace.metrics.clock_offset import Clocks
from kafkatrace.metrics.instruments import Series
from kafkatrace.metrics.kinds import Definition, Kind
from kafkatrace.metrics.registry import Metrics
from kafkatrace.spans import semconv
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.sdk.metrics.export import Histogram, Metric
from opentelemetry.sdk.resources import Resource

MS = 1_000_000
OF_TOPIC = {"messaging.destination.name": "t"}
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
COUNT = Definition("some.count", "Some.", "{message}", Kind.COUNT)
GAUGE = Definition("some.gauge", "Some.", "s", Kind.GAUGE)


def points(metrics: Metrics, name: str) -> Sequence[Any]:
    (metric,) = [each for each in metrics.collect() if each.name == name]
    return metric.data.data_points


def encoded(metrics: Metrics) -> list[metrics_pb2.Metric]:
    data = Reports(metrics, Resource({"service.name": "orders"}), "1.2.3", []).data()
    request = encode_metrics(data)
    return [each for group in request.resource_metrics for scope in group.scope_metrics for each in scope.metrics]


def test_the_buckets_are_those_of_the_conventions() -> None:
    metrics = Metrics()
    metrics.duration(metric_definitions.PROCESS_DURATION, OF_TOPIC).add(1)
    (point,) = points(metrics, "messaging.process.duration")
    assert point.explicit_bounds == BOUNDS
    assert len(point.bucket_counts) == len(BOUNDS) + 1


def test_records_may_wait_for_hours() -> None:
    metrics = Metrics()
    for hours in (0.25, 1, 2):
        metrics.duration(metric_definitions.QUEUE_DURATION, OF_TOPIC).add(round(hours * 3600e9))
    (point,) = points(metrics, "kafkatrace.queue.duration")
    assert point.explicit_bounds == (*BOUNDS, 30, 60, 300, 1800, 3600)
    assert point.bucket_counts[-3:] == (1, 1, 1)


@pytest.mark.parametrize("bucket", range(len(BOUNDS)))
def test_a_bucket_includes_its_upper_bound(bucket: int) -> None:
    metrics = Metrics()
    duration = metrics.duration(metric_definitions.PROCESS_DURATION, {})
    duration.add(round(BOUNDS[bucket] * 1e9))
    duration.add(round(BOUNDS[bucket] * 1e9) + 1)
    (point,) = points(metrics, "messaging.process.duration")
    assert [index for index, count in enumerate(point.bucket_counts) if count] == [bucket, bucket + 1]


@given(st.lists(st.integers(-(10**12), 10**13), min_size=1, max_size=50))
def test_a_histogram_adds_up(nanoseconds: list[int]) -> None:
    metrics = Metrics()
    duration = metrics.duration(metric_definitions.PROCESS_DURATION, {})
    for each in nanoseconds:
        duration.add(each)
    (point,) = points(metrics, "messaging.process.duration")
    assert point.count == sum(point.bucket_counts) == len(nanoseconds) == duration.count()
    assert point.sum == sum(nanoseconds) / 1e9
    assert (point.min, point.max) == (min(nanoseconds) / 1e9, max(nanoseconds) / 1e9)
    for upper, bound in enumerate(point.explicit_bounds, 1):
        assert sum(point.bucket_counts[:upper]) == sum(each <= round(bound * 1e9) for each in nanoseconds)


def test_a_negative_duration_is_counted_lowest_and_seen_as_the_minimum() -> None:
    metrics = Metrics()
    metrics.duration(metric_definitions.QUEUE_DURATION, {}).add(-5 * MS)
    (point,) = points(metrics, "kafkatrace.queue.duration")
    assert point.bucket_counts[0] == point.count == 1
    assert (point.min, point.max, point.sum) == (-0.005, -0.005, -0.005)


def test_a_series_that_has_nothing_yet_is_left_out() -> None:
    metrics = Metrics()
    metrics.duration(metric_definitions.QUEUE_DURATION, {"a": 1})
    assert metrics.collect() == []
    metrics.duration(metric_definitions.QUEUE_DURATION, {"a": 2}).add(1)
    assert [point.attributes for point in points(metrics, "kafkatrace.queue.duration")] == [{"a": 2}]


def test_the_order_of_attributes_does_not_matter() -> None:
    metrics = Metrics()
    one = metrics.duration(COUNT, {"a": 1, "b": 2})
    assert metrics.duration(COUNT, {"b": 2, "a": 1}) is one
    assert metrics.duration(COUNT, {"a": 1, "b": 3}) is not one
    assert metrics.duration(GAUGE, {"a": 1, "b": 2}) is not one


def test_two_clients_with_equal_attributes_share_one_series() -> None:
    metrics = Metrics()
    about = {semconv.MESSAGING_SYSTEM: "kafka", semconv.SERVER_ADDRESS: "b"}
    for client in ("a-0", "b-0"):
        series = Series(metrics, {**about, semconv.MESSAGING_CLIENT_ID: client}, metric_definitions.SENT_MESSAGES)
        series.of("t").add(MS)
        series.of("t", "_MSG_TIMED_OUT").add(MS)
    durations = points(metrics, "messaging.client.operation.duration")
    told = [({**about, **OF_TOPIC}, 2), ({**about, **OF_TOPIC, semconv.ERROR_TYPE: "_MSG_TIMED_OUT"}, 2)]
    assert [(point.attributes, point.count) for point in durations] == told
    assert [(point.attributes, point.value) for point in points(metrics, "messaging.client.sent.messages")] == told


def test_counts_of_equal_attributes_are_added_and_unknown_ones_left_out() -> None:
    metrics = Metrics()
    for number in (1, None, 2):
        metrics.watch(COUNT, {"a": 1}, lambda number=number: number)  # type: ignore[misc] # mypy sees no default
    metrics.watch(COUNT, {"a": 2}, lambda: None)
    assert [(point.attributes, point.value) for point in points(metrics, "some.count")] == [({"a": 1}, 3)]


def test_a_gauge_of_two_clients_is_that_of_the_newest_and_no_sum() -> None:
    metrics = Metrics()
    for ahead in (40, 50):
        clocks = Clocks()
        clocks.appended(1_000 + ahead, 1_000 * MS, 1_001 * MS)
        watch_clocks(metrics, {semconv.MESSAGING_CLIENT_ID: "rdkafka"}, clocks, metrics)
    watch_clocks(metrics, {semconv.MESSAGING_CLIENT_ID: "rdkafka"}, Clocks(), metrics)  # knows nothing
    for name, value in (("kafkatrace.clock.offset", 0.05), ("kafkatrace.clock.uncertainty", 0.001)):
        (point,) = points(metrics, name)
        assert (point.value, point.attributes) == (value, {semconv.MESSAGING_CLIENT_ID: "rdkafka"})
    assert points(metrics, "kafkatrace.clock.offset.minimum")[0].value == 0.049


def test_the_sdks_encoder_takes_all_of_it() -> None:
    metrics = Metrics()
    metrics.duration(metric_definitions.PROCESS_DURATION, OF_TOPIC, metric_definitions.SENT_MESSAGES).add(7 * MS)
    metrics.watch(metric_definitions.CLOCK_OFFSET, {"a": 1}, lambda: -0.5)
    metrics.watch(metric_definitions.CLOCK_UNCERTAINTY, {"a": 1}, lambda: None)
    by_name = {metric.name: metric for metric in encoded(metrics)}
    histogram = by_name["messaging.process.duration"].histogram
    assert histogram.aggregation_temporality == metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
    (point,) = histogram.data_points
    assert (point.count, point.sum, list(point.explicit_bounds)) == (1, 0.007, list(BOUNDS))
    assert point.bucket_counts[1] == 1
    assert 0 < point.start_time_unix_nano <= point.time_unix_nano
    total = by_name["messaging.client.sent.messages"].sum
    assert (total.is_monotonic, total.data_points[0].as_int) == (True, 1)
    assert total.aggregation_temporality == metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
    assert by_name["kafkatrace.clock.offset"].gauge.data_points[0].as_double == -0.5
    assert by_name["messaging.process.duration"].unit == "s"


def test_every_definition_is_encoded_with_its_words() -> None:
    metrics = Metrics()
    told = [each for each in vars(metric_definitions).values() if isinstance(each, Definition)]
    for each in told:
        if each.kind in (Kind.DURATION, Kind.LONG_DURATION):
            metrics.duration(each, {}).add(1)
        else:
            metrics.watch(each, {}, lambda: 1)
    written = {(metric.name, metric.description, metric.unit) for metric in encoded(metrics)}
    assert written == {(each.name, each.description, each.unit) for each in told}


def test_collecting_while_others_count_gives_histograms_whose_count_is_the_sum_of_their_buckets(
    restless: None,
) -> None:
    metrics = Metrics()
    enough = threading.Event()

    def work(thread: int) -> None:
        number = 0
        while not enough.is_set():
            number += 1
            metrics.duration(metric_definitions.PROCESS_DURATION, {"a": number % 5, "b": thread}).add(
                number * MS % 10**10
            )

    threads = [threading.Thread(target=work, args=(each,)) for each in range(3)]
    for thread in threads:
        thread.start()
    collected: list[Metric] = []
    while sum(len(metric.data.data_points) for metric in collected) < 5_000:
        collected += metrics.collect()
    enough.set()
    for thread in threads:
        thread.join()
    for metric in collected:
        assert isinstance(metric.data, Histogram)
        for point in metric.data.data_points:
            assert point.count == sum(point.bucket_counts) > 0
            assert point.min <= point.max


def test_beyond_2000_series_of_a_metric_all_others_share_one() -> None:
    metrics = Metrics()
    series = Series(metrics, {}, counted=metric_definitions.SENT_MESSAGES)
    for number in range(5_000):
        series.of(f"topic-{number}").add(1)
    for name in ("messaging.client.operation.duration", "messaging.client.sent.messages"):
        found = points(metrics, name)
        assert len(found) == 2_000
        (overflow,) = [point for point in found if point.attributes == {"otel.metric.overflow": True}]
        assert (overflow.count if "duration" in name else overflow.value) == 5_000 - 1_999
    assert series.of("topic-7") is not series.of("topic-4999")
    assert series.of("topic-3000") is series.of("topic-4999")


def test_counts_that_are_watched_have_that_limit_too_and_lose_nothing() -> None:
    metrics = Metrics()
    for number in range(2_500):
        metrics.watch(COUNT, {"group": number}, lambda: 1)
        metrics.watch(GAUGE, {"client": number}, lambda: 1)
    assert len(points(metrics, COUNT.name)) == 2_000
    assert sum(point.value for point in points(metrics, COUNT.name)) == 2_500
    assert len(points(metrics, GAUGE.name)) == 1_999
