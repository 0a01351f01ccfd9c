"""How long and how far a scan may go, and what it has done so far."""

import time
from collections.abc import Callable
from typing import Final

_SECONDS_BETWEEN: Final = 1.0


class Budget:
    """Counts records and bytes; `stopped` names what ran out, seconds or bytes, and stays what it once was."""

    def __init__(
        self,
        seconds: float,
        byte_count: int,
        tell: Callable[[dict[str, object]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.records = self.bytes = 0
        self._tell = tell
        self._clock = clock
        self._end = clock() + seconds
        self._most = byte_count
        self._told = clock()
        self._stopped: str | None = None

    def count(self, size: int) -> None:
        """Count a record, and tell once a second how far the scan is."""
        self.records += 1
        self.bytes += size
        if (now := self._clock()) >= self._told + _SECONDS_BETWEEN:
            self._told = now
            self._tell({"records": self.records, "bytes": self.bytes})

    @property
    def stopped(self) -> str | None:
        """What ran out, or None."""
        if self._stopped is None and self.bytes >= self._most:
            self._stopped = "bytes"
        if self._stopped is None and self._clock() >= self._end:
            self._stopped = "seconds"
        return self._stopped
