"""The wish to stop: SIGTERM or SIGINT."""

import os
import select
import signal
from types import FrameType


class Stop:
    """Whether to stop, and a wait that it ends at once.

    No threading.Event: its set() can deadlock in a signal handler that interrupts its wait().
    """

    def __init__(self) -> None:
        self.requested = False
        self._reader, self._writer = os.pipe()

    def on_signals(self) -> "Stop":
        """Stop from now on at SIGTERM and SIGINT instead of dying of them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        return self

    def request(self) -> None:
        """Ask to stop; again changes nothing."""
        if not self.requested:
            self.requested = True
            os.write(self._writer, b"!")

    def wait(self, seconds: float) -> None:
        """Sleep, or return early when a stop is requested."""
        select.select([self._reader], [], [], max(seconds, 0))

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self.request()
