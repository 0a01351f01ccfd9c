"""A loop whose clock goes forward only when nothing else is to be done: five minutes take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

# What was sent over the loopback has arrived by then.
GRACE_SECONDS = 0.001
THREAD_SECONDS = 0.05


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Its time is that of its timers: it goes to the next one as soon as every socket and thread is silent."""

    def __init__(self) -> None:
        # Not 0, which an operator that has just started might take for "never".
        self.now = 1000.0
        self.threads = 0
        super().__init__(_Silence(self))

    def time(self) -> float:
        return self.now

    def run_in_executor(self, executor: Any, func: Any, *arguments: Any) -> Any:  # type: ignore[override]  # any work
        future = super().run_in_executor(executor, func, *arguments)
        self.threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: object) -> None:
        self.threads -= 1


class _Silence(selectors.DefaultSelector):
    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if ready := super().select(0 if timeout == 0 else GRACE_SECONDS):
            return ready
        if timeout == 0:
            return []
        if self._loop.threads or timeout is None:
            return super().select(THREAD_SECONDS)
        self._loop.now += timeout
        return []


def simulated(story: Coroutine[Any, Any, Result]) -> Result:
    """Run a story to its end, by a simulated clock."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(story)
