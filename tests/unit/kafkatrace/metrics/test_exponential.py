"""Base-2 exponential histograms, as OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION asks for them."""

import math
from typing import Any

import kafkatrace
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.export.delta import Delta
from kafkatrace.export.environment import exponential_histograms
from kafkatrace.export.metric_export import Reports
from kafkatrace.hotpath import choose, pure
from kafkatrace.metrics import exponential, metric_definitions
from kafkatrace.metrics.registry import Metrics
from kafkatrace.variables import Variables
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics.export import ExponentialHistogramDataPoint, MetricsData
from opentelemetry.sdk.resources import Resource

NAME = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
VALUE = "base2_exponential_bucket_histogram"
SECOND = 10**9
DURATIONS = st.integers(1000, 86_400 * SECOND) | st.sampled_from([SECOND, 2 * SECOND, SECOND // 8, 1024 * SECOND])


def collected(*nanoseconds: int) -> tuple[Metrics, MetricsData]:
    metrics = Metrics(is_exponential=True)
    duration = metrics.duration(metric_definitions.QUEUE_DURATION, {})
    for each in nanoseconds:
        duration.add(each)
    return metrics, Reports(metrics, Resource({}), "1", []).data()


def point(data: MetricsData) -> ExponentialHistogramDataPoint:
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (found,) = metric.data.data_points
    assert isinstance(found, ExponentialHistogramDataPoint)
    return found


def bounds_of(found: ExponentialHistogramDataPoint) -> list[tuple[float, float, int]]:
    """Lower bound, upper bound and count of each bucket that has any, as the data model defines them."""
    base = 2 ** (2**-found.scale)
    numbered = enumerate(found.positive.bucket_counts, found.positive.offset)
    return [(base**index, base ** (index + 1), count) for index, count in numbered if count]


@given(DURATIONS)
def test_a_duration_is_in_the_bucket_that_is_about_its_own_length(nanoseconds: int) -> None:
    found = point(collected(nanoseconds)[1])
    ((lower, upper, count),) = bounds_of(found)
    seconds = nanoseconds / 1e9
    assert count == found.count == 1
    assert lower < seconds * (1 + 1e-3) and seconds <= upper * (1 + 1e-3)  # a bound is a whole number of nanoseconds
    assert upper / lower == pytest.approx(2 ** (1 / 8))


@pytest.mark.parametrize("power", range(-19, 20))
def test_a_power_of_two_is_the_upper_bound_of_its_bucket(power: int) -> None:
    nanoseconds = round(2.0**power * SECOND)
    for added, expected in ((0, power), (max(nanoseconds // 10**6, 1), power + 1 / 8)):
        ((_, upper, _),) = bounds_of(point(collected(nanoseconds + added)[1]))
        assert math.log2(upper) == pytest.approx(expected)


@given(st.lists(DURATIONS | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=40))
def test_it_adds_up(durations: list[int]) -> None:
    found = point(collected(*durations)[1])
    assert found.count == len(durations) == found.zero_count + sum(found.positive.bucket_counts)
    assert found.zero_count == sum(each <= round(exponential.BOUNDS[0] * 1e9) for each in durations)
    assert found.sum == sum(durations) / 1e9
    assert (found.min, found.max) == (min(durations) / 1e9, max(durations) / 1e9)
    counts = found.positive.bucket_counts
    assert not counts or (counts[0] and counts[-1]), "no empty buckets at either end"


@given(st.lists(DURATIONS | st.integers(-(2**63), 2**63 - 1), max_size=60))
def test_c_and_python_count_alike(durations: list[int]) -> None:
    bounds = tuple(round(bound * 1e9) for bound in exponential.BOUNDS)
    ours, plain = choose.Histogram(bounds), pure.Histogram(bounds)
    for each in durations:
        ours.add(each)
        plain.add(each)
    assert ours.state() == plain.state()


def test_it_is_encoded_as_otlp() -> None:
    request = encode_metrics(collected(SECOND, SECOND, 4 * SECOND, -SECOND)[1])
    (metric,) = request.resource_metrics[0].scope_metrics[0].metrics
    (found,) = metric.exponential_histogram.data_points
    assert (found.count, found.zero_count, found.scale) == (4, 1, 3)
    assert (found.positive.offset, list(found.positive.bucket_counts)) == (-1, [2, *[0] * 15, 1])


def test_a_delta_has_what_came_since() -> None:
    metrics, data = collected(SECOND, SECOND)
    delta = Delta()
    assert point(delta.of(data)).count == 2
    delta.taken()
    duration = metrics.duration(metric_definitions.QUEUE_DURATION, {})
    for nanoseconds in (SECOND // 4, SECOND, 16 * SECOND, 0):
        duration.add(nanoseconds)
    found: Any = point(delta.of(Reports(metrics, Resource({}), "1", []).data()))
    assert (found.count, found.zero_count, sum(found.positive.bucket_counts)) == (4, 1, 3)
    assert [math.log2(upper) for _, upper, _ in bounds_of(found)] == pytest.approx([-2, 0, 4])
    assert found.min is None
    delta.taken()
    assert delta.of(Reports(metrics, Resource({}), "1", []).data()).resource_metrics[0].scope_metrics[0].metrics == []


@pytest.mark.parametrize(
    ("exporter", "beside_otlp", "followed"),
    [
        ("", True, True),
        ("", False, False),
        ("otlp", False, True),
        ("console,otlp", False, True),
        ("console", True, False),
    ],
)
def test_the_variable_is_followed_where_metrics_go_over_otlp(exporter: str, beside_otlp: bool, followed: bool) -> None:
    variables = Variables({"OTEL_METRICS_EXPORTER": exporter, NAME: VALUE.upper()})
    assert exponential_histograms(variables, beside_otlp=beside_otlp) is followed


def no_network(*given: object, **named: object) -> None:
    """Refuse to export."""
    raise ValueError("no network")


@pytest.mark.parametrize("value", ["", "explicit_bucket_histogram", VALUE])
def test_all_durations_are_as_chosen(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "otlp")
    monkeypatch.setattr("requests.Session.request", no_network)
    tracing: Any = kafkatrace.configure("orders")
    tracing.metrics.duration(metric_definitions.PROCESS_DURATION, {}).add(SECOND)
    metrics = tracing.collect_metrics().resource_metrics[0].scope_metrics[0].metrics
    kinds = {each.name: type(each.data).__name__ for each in metrics}
    tracing.shutdown(30)
    assert kinds["messaging.process.duration"] == ("ExponentialHistogram" if value == VALUE else "Histogram")
