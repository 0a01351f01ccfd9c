"""Run kafkatrace's tests with C and with Python in one run of pytest: `--each-implementation`.

A process decides when it imports kafkatrace, so half of the workers have the one and half the other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.pools import Pools

PURE: Final = "KAFKATRACE_PURE_PYTHON"
FOLDERS: Final = tuple(Path(__file__).parent / folder for folder in ("unit/kafkatrace", "fuzz"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--each-implementation", action="store_true", help="kafkatrace's tests in C and in Python; needs -n"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """Choose Python for every second worker."""
    if config.getoption("--each-implementation"):
        for spec in specs[1::2]:
            spec.env = {**spec.env, PURE: "1"}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Set what a worker is for."""
    if node.config.getoption("--each-implementation"):
        node.workerinput["implementation"] = implementation_of(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "Pools | None":
    """Return the scheduler by which each implementation's workers get their own tests."""
    if not config.getoption("--each-implementation"):
        return None
    from tests.pools import Pools  # xdist is not where the Flink job's tests run

    return Pools(config, log, implementation_of)


def implementation_of(node: Any) -> str:
    """Return which implementation a worker has."""
    return "Python" if node.gateway.spec.env.get(PURE) else "C"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave to the workers with C what is not kafkatrace's."""
    if _worker(config) != "Python" or any(_within(collection_path, folder) for folder in FOLDERS):
        return None
    return True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Name the implementation in the ids of kafkatrace's tests."""
    if any(metafunc.definition.path.is_relative_to(folder) for folder in FOLDERS):
        metafunc.fixturenames.append("implementation")
        metafunc.parametrize("implementation", [_implementation(metafunc.config)], scope="session")


def _implementation(config: pytest.Config) -> str:
    from kafkatrace.hotpath import choose

    found = "C" if choose.COMPILED else "Python"
    if _worker(config, found) != found:
        raise pytest.UsageError("kafkatrace's C extension is not built: run `make setup` where there is a C compiler.")
    return found


def _worker(config: pytest.Config, otherwise: str = "") -> str:
    return str(getattr(config, "workerinput", {}).get("implementation", otherwise))


def _within(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) or folder.is_relative_to(path)
