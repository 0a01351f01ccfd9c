"""The end of a process: one deadline for all that is still to be exported.

Children of multiprocessing leave by os._exit(), without atexit's functions: they run multiprocessing's own ones.
billiard, Celery's copy of it, does the same.
"""

import atexit
import multiprocessing.util  # before anybody forks: it asks those that it knows then
import sys
import time
from typing import Any, Final, Protocol

_SECONDS: Final = 5.0
_POOLS: Final = (multiprocessing.util.__name__, "billiard.util")


class Closing(Protocol):
    """What has to be exported before the process ends."""

    def begin_close(self) -> None:
        """Begin to export what waits, without waiting for it."""

    def shutdown(self, timeout: float = _SECONDS) -> object:
        """Wait until all is exported."""


_open: dict[int, Closing] = {}
_known: set[str] = set()


class _Fork:
    """What multiprocessing's registry holds on to."""


_fork: Final = _Fork()


def add(closing: Closing) -> None:
    """Have this closed when the process ends."""
    _open[id(closing)] = closing
    for name in _POOLS:
        util = sys.modules.get(name)
        if util is not None and name not in _known:
            _known.add(name)
            util.register_after_fork(_fork, lambda _, util=util: _finalize(util))
            _finalize(util)


def remove(closing: Closing) -> None:
    """Leave this out: it is closed."""
    _open.pop(id(closing), None)


def _finalize(util: Any) -> None:
    util.Finalize(None, _close_all, exitpriority=0)


def _close_all() -> None:
    deadline = time.monotonic() + _SECONDS
    closing = list(_open.values())
    for each in closing:
        each.begin_close()
    for each in closing:
        each.shutdown(max(deadline - time.monotonic(), 0.0))


atexit.register(_close_all)
