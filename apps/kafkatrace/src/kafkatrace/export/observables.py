"""Numbers that are kept elsewhere, told as metrics."""

from collections.abc import Mapping
from typing import Final

from opentelemetry.util.types import AttributeValue

from kafkatrace.export.metric_export import Reports
from kafkatrace.export.pipeline import Pipeline
from kafkatrace.hotpath.choose import Polled
from kafkatrace.metrics import metric_definitions
from kafkatrace.metrics.clock_offset import Clocks, is_plausible
from kafkatrace.metrics.counters import Counters
from kafkatrace.metrics.instruments import metric_attributes
from kafkatrace.metrics.registry import Metrics
from kafkatrace.spans import semconv
from kafkatrace.spans.client_attributes import operation

_NS: Final = 1e9
_COMPONENT: Final = {"otel.component.type": "kafkatrace", "otel.component.name": "kafkatrace/0"}


def watch_counters(metrics: Metrics, counters: Counters) -> None:
    """Count what is odd in headers and times."""
    metrics.watch(metric_definitions.MALFORMED_HEADERS, {}, lambda: counters.malformed_headers)
    metrics.watch(metric_definitions.NEGATIVE_QUEUE_TIMES, {}, lambda: counters.negative_queue_times)


def watch_pipeline(metrics: Metrics, pipeline: Pipeline) -> None:
    """Count what became of spans, under the names that SDKs have for it."""
    full = {**_COMPONENT, semconv.ERROR_TYPE: "queue_full"}
    lost = {**_COMPONENT, semconv.ERROR_TYPE: "rejected"}
    metrics.watch(metric_definitions.SPANS_PROCESSED, _COMPONENT, lambda: pipeline.exported + pipeline.failed)
    metrics.watch(metric_definitions.SPANS_PROCESSED, full, lambda: pipeline.overflowed)
    metrics.watch(metric_definitions.SPANS_EXPORTED, _COMPONENT, lambda: pipeline.exported)
    metrics.watch(metric_definitions.SPANS_EXPORTED, lost, lambda: pipeline.failed)


def watch_reports(metrics: Metrics, reports: Reports) -> None:
    """Observe what became of the metrics' own points."""
    lost = {**_COMPONENT, semconv.ERROR_TYPE: "rejected"}
    metrics.watch(metric_definitions.POINTS_EXPORTED, _COMPONENT, lambda: reports.exported)
    metrics.watch(metric_definitions.POINTS_EXPORTED, lost, lambda: reports.failed)


def watch_consumed(metrics: Metrics, about: Mapping[str, AttributeValue], polled: Polled, owner: object) -> None:
    """Observe how many messages a consumer handed out; `about` are its process spans' attributes."""
    attributes = {**about, **operation(semconv.POLL, semconv.RECEIVE)}
    metrics.watch(metric_definitions.CONSUMED_MESSAGES, metric_attributes(attributes), lambda: polled.consumed, owner)


def watch_clocks(metrics: Metrics, about: Mapping[str, AttributeValue], clocks: Clocks, owner: object) -> None:
    """Observe how far the broker's clock is from this client's."""

    def middle() -> float | None:
        offset = clocks.offset
        return offset.middle / _NS if offset is not None and offset.is_difference else None

    def uncertainty() -> float | None:
        offset = clocks.offset
        return offset.uncertainty / _NS if offset is not None and is_plausible(offset.middle) else None

    def minimum() -> float | None:
        bound = clocks.minimum
        return bound / _NS if bound is not None and is_plausible(bound) else None

    attributes = {semconv.MESSAGING_CLIENT_ID: about[semconv.MESSAGING_CLIENT_ID], **metric_attributes(about)}
    metrics.watch(metric_definitions.CLOCK_OFFSET, attributes, middle, owner)
    metrics.watch(metric_definitions.CLOCK_UNCERTAINTY, attributes, uncertainty, owner)
    metrics.watch(metric_definitions.CLOCK_OFFSET_MINIMUM, attributes, minimum, owner)
