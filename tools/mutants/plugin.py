"""A plugin of pytest: the tests are collected once, and run for each mutant in a fork of that process."""

import gc
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest

from tools.mutants import children
from tools.mutants.children import Job

PLAN: Final = Path("plan.json")
COVERED: Final = Path("covered.json")
RESULTS: Final = Path("results.jsonl")
UNCHANGED: Final = "unchanged"
NO_TESTS: Final = "no tests"
AGAIN: Final = (children.LATE, children.DIED)
_UNNOTICED: Final = (children.SURVIVED, NO_TESTS)
# The options of each run of pytest: nobody reads what an assertion compared, and comparing large documents takes long.
OPTIONS: Final = (
    "-s",
    "-q",
    "-x",
    "-n0",
    "--assert=plain",
    "--tb=native",
    "--hypothesis-seed=0",
    "-p",
    "no:cacheprovider",
)
# Many a test waits for something.
_AT_A_TIME: Final = 2 * (os.cpu_count() or 1)
_OURS: Final = ("tracedpipeline", "kafkatrace", "tests")
_TIMEOUT: Final = "from pytest-timeout"
_failed: list[str] = []


def pytest_collection() -> None:
    """Let hypothesis be content with the first failure: nobody reads the smallest one."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", hypothesis.settings(), phases=phases, database=None)
    hypothesis.settings.load_profile("mutants")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what failed."""
    if report.failed:
        _failed.append(f"{report.nodeid} {_TIMEOUT}" if _TIMEOUT in report.longreprtext else report.nodeid)


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests of each mutant in place of all tests."""
    if session.testsfailed:
        raise session.Interrupted("the tests could not be collected")
    plan: dict[str, list[str]] = json.loads(PLAN.read_text())
    gc.freeze()
    at_import = set(_hits())
    covered = _covered(session.items)
    items = [Timed(item, *times) for item, times in zip(session.items, covered["seconds"], strict=True)]
    selected = {name: _selected(name, folders, items, covered["functions"]) for name, folders in plan.items()}
    with RESULTS.open("w") as results:
        ended = _each(selected)
        imported = {n: plan[n] for n, end in ended.items() if end in _UNNOTICED and _function(n) in at_import}
        for name, end in {**ended, **_imported_again(imported)}.items():
            print(json.dumps([name, end]), file=results)
    return True


class Timed:
    """A test, and what it takes when nothing is changed."""

    def __init__(self, item: pytest.Item, cpu_seconds: float, seconds: float) -> None:
        self.item = item
        self.cpu_seconds = cpu_seconds
        self.seconds = seconds


def _selected(name: str, folders: Iterable[str], items: list[Timed], functions: dict[str, list[int]]) -> list[Timed]:
    """Return the tests that mirror the mutant's module and run its function, the fastest first."""
    found = [items[index] for index in functions.get(_function(name), ())]
    mirrored = [timed for timed in found if timed.item.nodeid.startswith(tuple(folders))]
    return sorted(mirrored, key=lambda timed: timed.seconds)


def _each(selected: dict[str, list[Timed]]) -> dict[str, str]:
    ended = dict.fromkeys(selected, NO_TESTS)
    ended |= _run([_job(name, tests) for name, tests in selected.items() if tests], "of the tests")
    again = {name: tests for name, tests in selected.items() if ended[name] in AGAIN}
    return ended | _run(
        [_job(name, tests, patience=4) for name, tests in again.items()], "that may only have been late"
    )


def _job(name: str, tests: list[Timed], patience: int = 1) -> Job:
    work = partial(_with, name, partial(_run_items, patience=patience), tests)
    cpu_seconds = 5 + 3 * sum(timed.cpu_seconds for timed in tests)
    return Job(name, work, cpu_seconds, patience * (60 + 10 * sum(timed.seconds for timed in tests)))


def _run(jobs: list[Job], what: str) -> dict[str, str]:
    ended: dict[str, str] = {}
    for number, (job, end) in enumerate(children.run(jobs, _AT_A_TIME), 1):
        ended[job.name] = end
        print(f"{number} of {len(jobs)} {what}: {job.name} {end}", file=sys.stderr, flush=True)
    return ended


def _imported_again(names: dict[str, list[str]]) -> dict[str, str]:
    """Return how those ended whose functions run while their module is imported: their tests import it again."""
    if not names:
        return {}
    tests = {name: partial(_with, name, _collect_and_run, folders) for name, folders in names.items()}
    everything = sorted({folder for folders in names.values() for folder in folders})
    unchanged = Job(UNCHANGED, partial(_with, "", _collect_and_run, everything), 600, 3600)
    if dict(children.run([unchanged], 1))[unchanged] != children.SURVIVED:
        raise pytest.UsageError("the tests fail when what they import is imported a second time")
    return _run([Job(name, work, 120, 1200) for name, work in tests.items()], "that are imported again")


def _collect_and_run(folders: Iterable[str]) -> int:
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    return int(pytest.main([*OPTIONS, *folders]) != pytest.ExitCode.OK)


def _run_items(tests: list[Timed], patience: int) -> int:
    """Run them until one fails; one that waits for what never happens is ended long before its fork is."""
    following = [*(timed.item for timed in tests[1:]), None]
    for timed, next_item in zip(tests, following, strict=True):
        timed.item.add_marker(pytest.mark.timeout(patience * (5 + 10 * timed.seconds)), append=False)
        timed.item.ihook.pytest_runtest_protocol(item=timed.item, nextitem=next_item)
        if _failed:
            return children.IS_LATE if _TIMEOUT in _failed[0] else 1
    return 0


def _with(mutant: str, work: Callable[[Any], int], argument: object) -> int:
    from mutmut.mutation.trampoline import set_mutant_under_test

    set_mutant_under_test(mutant)
    return work(argument)


def _covered(items: list[pytest.Item]) -> dict[str, Any]:
    """Return which tests run which function, and how long each takes; the run is in a fork as the others are."""
    job = Job("stats", partial(_with, "stats", _measure, items), 3600, 7200)
    [(_, end)] = children.run([job], 1)
    covered: dict[str, Any] = json.loads(COVERED.read_text()) if end == children.SURVIVED else {"failed": [end]}
    if covered["failed"]:
        raise pytest.UsageError(f"tests fail though nothing was changed: {', '.join(covered['failed'])}")
    return covered


def _measure(items: list[pytest.Item]) -> int:
    functions: dict[str, list[int]] = defaultdict(list)
    seconds = []
    for index, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True)):
        _hits().clear()
        cpu, wall = time.process_time(), time.monotonic()
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds.append((time.process_time() - cpu, time.monotonic() - wall))
        for function in _hits():
            functions[function].append(index)
    COVERED.write_text(json.dumps({"functions": functions, "seconds": seconds, "failed": _failed}))
    return 0


def _hits() -> set[str]:
    from mutmut.state import state

    hits: set[str] = state()._stats
    return hits


def _function(mutant: str) -> str:
    return mutant.partition("__mutmut_")[0]


def results() -> Iterator[tuple[str, str]]:
    """Yield each mutant's name and end."""
    for line in RESULTS.read_text().splitlines():
        name, end = json.loads(line)
        yield name, end
