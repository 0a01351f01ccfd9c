"""The plain clients within confluent-kafka's asyncio clients: ours trace by themselves, and not twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_wanted: Final = ContextVar("kafkatrace-inner-client", default=False)


@contextmanager
def plain_clients() -> Iterator[None]:
    """Have the originals made inside this block, whatever took their names in confluent_kafka."""
    token = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(token)


def is_wanted() -> bool:
    """Return whether the client under construction is one within another."""
    return _wanted.get()
