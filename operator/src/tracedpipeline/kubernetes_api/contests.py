"""Who keeps an object otherwise than we want it: after a few times we stop, and say so. Pure.

What a write has left as it was, such as a field that an admission webhook sets, is not written again before it, or what
we want, changes; nor is what was taken back too often. Both are tried again after a pause that grows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from tracedpipeline.kubernetes_api.drift import Drift

MOST_TAKE_BACKS, WITHIN_SECONDS = 5, 600.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 120.0, 3600.0
# A field that was left alone for so long after our last write is no longer contested.
PEACE_SECONDS = 60.0

Pipeline = tuple[str, str]
Name = tuple[str, str]


class Step(Enum):
    """What to do with an object that differs."""

    WRITE = auto()
    STOP = auto()  # and say why
    REST = auto()  # it is said already


@dataclass
class _Written:
    """What we have written of an object, and what became of it."""

    wanted: str
    at: float
    taken_back: list[float] = field(default_factory=list)
    # A write that was refused leaves nothing that somebody could take back.
    done: bool = False
    # What the last write has left as it was.
    left: Drift = ()
    fought: bool = False
    pause: float = FIRST_PAUSE_SECONDS
    until: float = 0.0
    said: str = ""

    def rests(self, drift: Drift, now: float) -> bool:
        return now < self.until and (self.fought or self.left == drift)

    def stop(self, now: float) -> Step:
        self.until, self.pause = now + self.pause, min(2 * self.pause, LONGEST_PAUSE_SECONDS)
        return Step.REST if self.said else Step.STOP


class Contests:
    """Remembers the writes of one run of the operator, by pipeline and object."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pipelines: dict[Pipeline, dict[Name, _Written]] = {}

    def differs(self, pipeline: Pipeline, name: Name, wanted: str, drift: Drift) -> Step:
        """Return what to do with an object that is not as `wanted`, a digest, says."""
        now, objects = self._clock(), self._pipelines.setdefault(pipeline, {})
        written = objects.get(name)
        if written is None or written.wanted != wanted:
            objects[name] = _Written(wanted, now)
            return Step.WRITE
        if not written.done:
            return Step.WRITE
        if written.rests(drift, now):
            return Step.REST
        tried_again, written.at = 0.0 < written.until <= now, now
        if tried_again:
            # Once, and nothing but peace makes it more often.
            written.until = 0.0
            return Step.WRITE
        if written.fought:
            return written.stop(now)
        written.taken_back = [at for at in written.taken_back if now - at < WITHIN_SECONDS]
        if len(written.taken_back) < MOST_TAKE_BACKS:
            written.taken_back.append(now)
            return Step.WRITE
        written.fought = True
        return written.stop(now)

    def wrote(self, pipeline: Pipeline, name: Name, left: Drift) -> Step:
        """Take what a write has left as it was; returns STOP where that is to be said."""
        written = self._pipelines.get(pipeline, {}).get(name)
        if written is None:
            return Step.WRITE
        written.done, written.left = True, left
        return written.stop(self._clock()) if left else Step.WRITE

    def agrees(self, pipeline: Pipeline, name: Name) -> None:
        """Take that an object is as we want it."""
        written = self._pipelines.get(pipeline, {}).get(name)
        if written and self._clock() - written.at >= PEACE_SECONDS:
            self._pipelines[pipeline][name] = _Written(written.wanted, written.at, done=True)

    def say(self, pipeline: Pipeline, name: Name, message: str) -> None:
        """Keep what is said of a contested object for as long as it is one."""
        if written := self._pipelines.get(pipeline, {}).get(name):
            written.said = message

    def said(self, pipeline: Pipeline) -> list[str]:
        """Return what is said of a pipeline's contested objects."""
        found = self._pipelines.get(pipeline, {})
        return [found[name].said for name in sorted(found) if found[name].said]

    def deleted(self, pipeline: Pipeline, name: Name) -> None:
        """Take that we have deleted an object ourselves."""
        self._pipelines.get(pipeline, {}).pop(name, None)

    def forget(self, pipeline: Pipeline) -> None:
        """Forget a pipeline that is gone."""
        self._pipelines.pop(pipeline, None)
