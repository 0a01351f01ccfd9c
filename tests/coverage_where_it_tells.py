"""Coverage is not measured where it costs much and tells nothing.

Its tracer makes Python two to three times as slow, libraries included. All workers import the same modules, so that
of each implementation the first is looked at; the controller runs no tests; and kafkatrace's tests run with its Python
all that they run with C, and more.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.implementations import FOLDERS

IN_C = FOLDERS[0] / "hotpath"
_FIRST = ("gw0", "gw1")  # one of each implementation


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, Any, Any]:
    """Measure what is imported in the first workers alone."""
    worker = getattr(session.config, "workerinput", {}).get("workerid", _FIRST[0])
    with _unmeasured(session.config, worker not in _FIRST):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """Measure nothing in the controller."""
    with _unmeasured(session.config, bool(session.config.getoption("numprocesses", None))):
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measure kafkatrace's tests with its Python, but for those of what is written in C."""
    if _measures(config) and getattr(config, "workerinput", {}).get("implementation") == "C":
        for item in items:
            if any(item.path.is_relative_to(folder) for folder in FOLDERS) and IN_C not in item.path.parents:
                item.add_marker("no_cover")


@contextmanager
def _unmeasured(config: pytest.Config, wanted: bool) -> Iterator[None]:
    if not (wanted and _measures(config)):
        yield
        return
    from coverage import Coverage  # it is not where the Flink job's tests run

    measured = Coverage.current()
    assert measured, "pytest-cov has begun to measure"
    measured.stop()
    yield
    measured.start()


def _measures(config: pytest.Config) -> bool:
    return config.pluginmanager.hasplugin("_cov")
