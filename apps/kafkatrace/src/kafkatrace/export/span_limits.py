"""The limits of what a span keeps, by the SDK's variables; the SDK's own reading of them raises."""

from typing import Final

from opentelemetry.sdk.trace import SpanLimits

from kafkatrace.variables import Variables

_COUNT: Final = 128  # the specification's, of attributes, events and links


def span_limits(variables: Variables) -> SpanLimits:
    """Read OTEL_ATTRIBUTE_*_LIMIT, OTEL_SPAN_*_LIMIT, OTEL_EVENT_* and OTEL_LINK_ATTRIBUTE_COUNT_LIMIT."""

    def limit(name: str, default: int | None = _COUNT) -> int | None:
        return variables.whole(f"OTEL_{name}_LIMIT", default, least=0)

    count, length = limit("ATTRIBUTE_COUNT"), limit("ATTRIBUTE_VALUE_LENGTH", None)
    found = {
        "max_attributes": count,
        "max_span_attributes": limit("SPAN_ATTRIBUTE_COUNT", count),
        "max_event_attributes": limit("EVENT_ATTRIBUTE_COUNT", count),
        "max_link_attributes": limit("LINK_ATTRIBUTE_COUNT", count),
        "max_events": limit("SPAN_EVENT_COUNT"),
        "max_links": limit("SPAN_LINK_COUNT"),
        "max_attribute_length": length,
        "max_span_attribute_length": limit("SPAN_ATTRIBUTE_VALUE_LENGTH", length),
    }
    return SpanLimits(**{name: SpanLimits.UNSET if value is None else value for name, value in found.items()})
