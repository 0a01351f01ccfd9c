"""How many spans may wait, go together, and for how long: the variables of the SDK's BatchSpanProcessor."""

from dataclasses import dataclass
from threading import TIMEOUT_MAX

from kafkatrace.variables import Variables


@dataclass(frozen=True, slots=True)
class Limits:
    """Finished messages waiting at most, spans per export; seconds that an incomplete batch, and metrics, wait."""

    queue: int
    batch: int
    delay: float
    metrics_interval: float = 60.0

    @classmethod
    def read(cls, variables: Variables) -> "Limits":
        """Read OTEL_BSP_MAX_QUEUE_SIZE, _MAX_EXPORT_BATCH_SIZE, _SCHEDULE_DELAY and OTEL_METRIC_EXPORT_INTERVAL.

        The default queue, 65536 instead of the SDK's 2048, holds three seconds of 20,000 messages a second. The
        default batch, 8192 instead of 512, because a request costs as much as encoding thousands of spans, and beside
        busy threads it waits for the interpreter at each of its system calls.
        """
        queue = variables.whole("OTEL_BSP_MAX_QUEUE_SIZE", 65_536) or 65_536
        batch = variables.whole("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 8192) or 8192
        return cls(
            queue,
            min(batch, queue),
            _seconds(variables, "OTEL_BSP_SCHEDULE_DELAY", 5000),
            _seconds(variables, "OTEL_METRIC_EXPORT_INTERVAL", 60_000),
        )


def _seconds(variables: Variables, name: str, default: int) -> float:
    return min((variables.whole(name, default) or default) / 1000, TIMEOUT_MAX)
