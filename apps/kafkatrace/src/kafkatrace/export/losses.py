"""What is said of losses: once a minute at most, with the reason of the last one."""

import logging
import time
from typing import Final

_logger = logging.getLogger("kafkatrace.export.pipeline")
_SECONDS_BETWEEN_WARNINGS: Final = 60.0


class Losses:
    """Warns of spans and of metrics."""

    def __init__(self) -> None:
        self.why = "none"
        self._told = 0
        self._warned_at = self._metrics_warned_at = -_SECONDS_BETWEEN_WARNINGS

    def spans(self, failed: int, overflowed: int) -> None:
        """Warn where there are more than were told of."""
        if failed + overflowed > self._told and time.monotonic() - self._warned_at >= _SECONDS_BETWEEN_WARNINGS:
            self._told = failed + overflowed
            self._warned_at = time.monotonic()
            _logger.warning(
                "spans lost since the start: %d not exported, %d found the queue full; the last failure: %s",
                failed,
                overflowed,
                self.why,
            )

    def metrics(self, failed: int, why: str) -> None:
        """Warn that metrics were not taken; the next export has them, too."""
        if time.monotonic() - self._metrics_warned_at >= _SECONDS_BETWEEN_WARNINGS:
            self._metrics_warned_at = time.monotonic()
            _logger.warning("metrics not exported: %d points since the start; the last failure: %s", failed, why)
