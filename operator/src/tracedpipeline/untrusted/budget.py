"""How much of all answers is held at a time: the largest has to go, and many small ones never pay for it. Pure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class Held:
    """What is held of one answer, until it has been used or had to go."""

    text: str = ""
    size: int = 0
    evicted: bool = False
    # Ends what reads more of it.
    end: Callable[[], None] = lambda: None

    def evict(self) -> None:
        """Let it go."""
        self.text, self.evicted = "", True
        self.end()


@dataclass
class Budget:
    """So many bytes for all answers together."""

    most: int
    _held: set[Held] = field(default_factory=set)

    @contextmanager
    def hold(self) -> Iterator[Held]:
        """Hold an answer for as long as this lasts."""
        held = Held()
        self._held.add(held)
        try:
            yield held
        finally:
            self._held.discard(held)

    def grow(self, held: Held, size: int) -> None:
        """Take that so much is held of an answer now."""
        held.size = size
        while sum(each.size for each in self._held) > self.most:
            largest = max(self._held, key=lambda each: each.size)
            self._held.discard(largest)
            largest.evict()
