"""A plugin of pytest in mutmut's runs: functions that run while modules are imported count as run by every test."""

import sys
from collections.abc import Iterator
from typing import Final

import pytest

_STATE: Final = "mutmut.state"
_at_import: Final[set[str]] = set()


def pytest_collection_finish() -> None:
    """Note what ran until now: the tests' modules are imported, and none of the tests has begun."""
    _at_import.update(_ran())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Add it to what the test ran, before mutmut takes that away."""
    _ran().update(_at_import)
    yield


def _ran() -> set[str]:
    ran: set[str] = sys.modules[_STATE].state()._stats if _STATE in sys.modules else set()
    return ran
