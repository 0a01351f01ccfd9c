"""Environment variables for a while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def variables(**given: str) -> Iterator[None]:
    """Set these in place of all OTEL_* variables, and put back what was there."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("OTEL_"):
            del os.environ[name]
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
