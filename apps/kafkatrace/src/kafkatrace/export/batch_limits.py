"""How many spans may wait, go together, and for how long: the variables of the SDK's BatchSpanProcessor."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Finished messages waiting at most, spans per export; seconds that an incomplete batch, and metrics, wait."""

    queue: int
    batch: int
    delay: float
    metrics_interval: float = 60.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Limits":
        """Read OTEL_BSP_MAX_QUEUE_SIZE, _MAX_EXPORT_BATCH_SIZE, _SCHEDULE_DELAY and OTEL_METRIC_EXPORT_INTERVAL.

        The default queue, 65536 instead of the SDK's 2048, holds three seconds of 20,000 messages a second. The
        default batch, 8192 instead of 512, because a request costs as much as encoding thousands of spans, and beside
        busy threads it waits for the interpreter at each of its system calls.
        """
        queue = _positive(environment, "OTEL_BSP_MAX_QUEUE_SIZE", 65_536)
        batch = _positive(environment, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 8192)
        delay = _positive(environment, "OTEL_BSP_SCHEDULE_DELAY", 5000) / 1000
        interval = _positive(environment, "OTEL_METRIC_EXPORT_INTERVAL", 60_000) / 1000
        return cls(queue, min(batch, queue), delay, interval)


def _positive(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{name} is {text!r}: give a whole number greater than 0, or unset it for {default}")
    return int(text)
