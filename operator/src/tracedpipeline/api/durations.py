"""Durations within limits."""

from tracedpipeline.api.quantities import DURATION, LONGEST_DURATION_TEXT, milliseconds
from tracedpipeline.api.rules import Rule, Text, matches

_WRITTEN = matches(DURATION, "write a duration as numbers with units, such as 20ms, 1.5s, 24h or 1h30m")


def duration_within(least: str, most: str, because: str) -> Text:
    """Return the annotation of a duration with a least and a greatest value."""
    compared = f"duration(self) >= duration('{least}') && duration(self) <= duration('{most}')"
    return Text(
        _WRITTEN,
        Rule(
            f"!self.matches(r'^{DURATION}$') || ({compared})",
            because,
            lambda text: milliseconds(least) <= milliseconds(text) <= milliseconds(most),
        ),
        max_length=LONGEST_DURATION_TEXT,
    )
