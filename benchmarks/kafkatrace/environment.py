"""Environment variables for a while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def variables(**given: str) -> Iterator[None]:
    """Set these, and put back what was there."""
    before = {name: os.environ.get(name) for name in (*given, "OTEL_TRACES_EXPORTER")}
    os.environ.pop("OTEL_TRACES_EXPORTER", None)
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
