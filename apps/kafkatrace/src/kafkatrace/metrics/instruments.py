"""The histograms of one client's operation, by topic and error."""

from collections.abc import Mapping

from opentelemetry.util.types import AttributeValue

from kafkatrace.metrics.duration import Duration
from kafkatrace.metrics.kinds import Definition
from kafkatrace.metrics.metric_definitions import OPERATION_DURATION
from kafkatrace.metrics.registry import Metrics
from kafkatrace.spans import semconv

# Metrics have fewer attributes than spans: each value of each makes one more series.
_KEPT = frozenset(
    (
        semconv.MESSAGING_SYSTEM,
        semconv.MESSAGING_OPERATION_NAME,
        semconv.MESSAGING_OPERATION_TYPE,
        semconv.MESSAGING_CONSUMER_GROUP_NAME,
        semconv.SERVER_ADDRESS,
        semconv.SERVER_PORT,
    )
)


def metric_attributes(about: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Return those of a span's attributes that metrics have, too."""
    return {name: value for name, value in about.items() if name in _KEPT}


class Series:
    """Durations of one operation; `counted` is the metric that counts the messages of it."""

    def __init__(
        self,
        metrics: Metrics,
        about: Mapping[str, AttributeValue],
        counted: Definition | None = None,
        duration: Definition = OPERATION_DURATION,
    ) -> None:
        self._metrics = metrics
        self._about = metric_attributes(about)
        self._users = metrics.users(self._about)
        self._counted = counted
        self._duration = duration
        self._known: dict[tuple[str | None, str | None], Duration] = {}

    def of(self, topic: str | None, error: str | None = None) -> Duration:
        """Return the histogram for a topic and an `error.type`."""
        try:
            return self._known[topic, error]
        except KeyError:
            return self._make(topic, error)

    def _make(self, topic: str | None, error: str | None) -> Duration:
        attributes = dict(self._about)
        if topic is not None:
            attributes[semconv.MESSAGING_DESTINATION_NAME] = _text(topic)
        if error is not None:
            attributes[semconv.ERROR_TYPE] = _text(error)
        made = self._metrics.duration(self._duration, attributes, self._counted, self._users)
        return self._known.setdefault((topic, error), made)


def _text(value: str) -> str:
    """Return text that UTF-8 can hold; TypeError for what is none: either would keep all metrics from their export."""
    return str.encode(value, "utf-8", "replace").decode()
