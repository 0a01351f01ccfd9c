"""Durations and quantities as the custom resource writes them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

DURATION = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$"

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")


def milliseconds(duration: str) -> int:
    """Return the duration in whole milliseconds; `1h30m`, `500ms` and `1.5s` are durations."""
    return round(sum(float(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(duration)))


def _positive(duration: str) -> str:
    if milliseconds(duration) < 1:
        raise ValueError("must be at least 1ms")
    return duration


Duration = Annotated[str, Field(pattern=DURATION, max_length=32)]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
Quantity = Annotated[str, Field(pattern=QUANTITY, max_length=32)]
