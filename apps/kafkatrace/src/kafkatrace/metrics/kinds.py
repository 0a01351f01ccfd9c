"""What a metric is, and how many series it may have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from opentelemetry.util.types import AttributeValue

Attributes: TypeAlias = Mapping[str, AttributeValue]
Key: TypeAlias = tuple[object, ...]
Number: TypeAlias = int | float
Read: TypeAlias = Callable[[], Number | None]
# https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits
MOST_SERIES: Final = 2000  # of each metric, the one for all others included
OVERFLOW: Final[Attributes] = {"otel.metric.overflow": True}


class Kind(Enum):
    """How a metric is told."""

    DURATION = "s"
    LONG_DURATION = "s, up to an hour"
    COUNT = "sum"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric's name and what it means."""

    name: str
    description: str
    unit: str
    kind: Kind


def key_of(attributes: Attributes) -> Key:
    """Return what equal attributes have in common, whatever their order."""
    return tuple(sorted(attributes.items()))
