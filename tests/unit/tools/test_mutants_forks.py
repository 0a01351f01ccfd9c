"""How a fork ends that runs a mutant's tests, and which of the ends count."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import pytest

from tools.mutants import children, plugin
from tools.mutants.children import Job
from tools.mutants.modules import REPO
from tools.mutants.runs import Mutant

# In a process of its own, which has no other thread when it forks.
FORKS = """
import json, os, signal, time
from tools.mutants.children import Job, run

def count():
    while True:
        pass

jobs = [
    Job("passes", lambda: 0, 60, 600),
    Job("fails", lambda: 1, 60, 600),
    Job("raises", lambda: 1 // 0, 60, 600),
    Job("crashes", lambda: os.kill(os.getpid(), signal.SIGSEGV), 60, 600),
    Job("waits", lambda: time.sleep(600), 60, 0),
    Job("says that it is late", lambda: 4, 60, 600),
    Job("counts", count, 0, 600),
]
print(json.dumps({job.name: end for job, end in run(jobs, 2)}))
"""


def test_each_end_has_a_name_and_none_hangs() -> None:
    ran = subprocess.run([sys.executable, "-c", FORKS], cwd=REPO, check=True, capture_output=True, text=True)
    assert json.loads(ran.stdout) == {
        "passes": "survived",
        "fails": "killed",
        "raises": "died",
        "crashes": "died",
        "waits": "late",
        "says that it is late": "late",
        "counts": "endless",
    }


@pytest.mark.parametrize(
    ("end", "noticed"),
    [("killed", True), ("endless", True), ("late", True), ("died", True), ("survived", False), ("no tests", False)],
)
def test_what_counts_as_noticed(end: str, noticed: bool) -> None:
    assert Mutant("tracedpipeline.m.x_f__mutmut_1", end).noticed is noticed


@pytest.mark.parametrize("first", ["late", "died"])
@pytest.mark.parametrize("second", ["survived", "killed", "late"])
def test_what_a_busy_machine_may_have_ended_runs_once_more_with_more_time(
    monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    runs: list[dict[str, float]] = []

    def run(jobs: Iterable[Job], _at_a_time: int) -> Iterator[tuple[Job, str]]:
        runs.append({job.name: job.seconds for job in jobs})
        for name, seconds in runs[-1].items():
            end = ("killed" if name == "m1" else first) if len(runs) == 1 else second
            yield Job(name, lambda: 0, 0, seconds), end

    monkeypatch.setattr(children, "run", run)
    test = plugin.Timed(cast(pytest.Item, None), 0.5, 1)
    assert plugin._each({"m1": [test], "m2": [test], "m3": []}) == {"m1": "killed", "m2": second, "m3": "no tests"}
    assert runs == [{"m1": 70, "m2": 70}, {"m2": 280}]


MUTMUT = {
    "mutmut/__init__.py": "",
    "mutmut/mutation/__init__.py": "",
    "mutmut/mutation/trampoline.py": "import os\ndef set_mutant_under_test(name):\n    os.environ['CHANGED'] = name\n",
    "mutmut/state.py": "ran = set()\n\n\ndef state():\n    return type('State', (), {'_stats': ran})\n",
}
SOURCE = """
import os
import pytest
from mutmut.state import ran


def factor():
    ran.add("kafkatrace.x_factor")
    return 3 if os.environ["CHANGED"] == "kafkatrace.x_factor__mutmut_1" else 2


FACTOR = factor()


def double(number):
    ran.add("kafkatrace.x_double")
    change = os.environ["CHANGED"]
    if change == "kafkatrace.x_double__mutmut_3":
        pytest.fail("Timeout (>5.0s) from pytest-timeout.")
    return number * FACTOR + {"kafkatrace.x_double__mutmut_1": 1, "kafkatrace.x_double__mutmut_2": 0}.get(change, 0)
"""
INI = "[pytest]\naddopts = --import-mode=importlib\n"
TESTS = "import kafkatrace\n\n\ndef test_double():\n    assert kafkatrace.double(2) == 4\n"


def ends(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run the plugin on a package of two functions, one of which runs as it is imported."""
    for name, text in {**MUTMUT, "kafkatrace.py": SOURCE, "tests/test_it.py": tests, "pytest.ini": INI}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    names = ("x_double__mutmut_1", "x_double__mutmut_2", "x_double__mutmut_3", "x_factor__mutmut_1", "x_gone__mutmut_1")
    (folder / plugin.PLAN).write_text(json.dumps({f"kafkatrace.{name}": ["tests"] for name in names}))
    path = os.pathsep.join([str(folder), str(REPO)])
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", plugin.__name__, *plugin.OPTIONS, "tests"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "CHANGED": "stats"},
        capture_output=True,
        text=True,
    )


def test_tests_run_for_each_mutant_and_import_again_what_runs_at_import(tmp_path: Path) -> None:
    ran = ends(tmp_path, TESTS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    results = dict(json.loads(line) for line in (tmp_path / plugin.RESULTS).read_text().splitlines())
    assert results == {
        "kafkatrace.x_double__mutmut_1": "killed",
        "kafkatrace.x_double__mutmut_2": "survived",
        "kafkatrace.x_double__mutmut_3": "late",
        "kafkatrace.x_factor__mutmut_1": "killed",
        "kafkatrace.x_gone__mutmut_1": "no tests",
    }


def test_tests_that_fail_without_a_change_end_the_run(tmp_path: Path) -> None:
    ran = ends(tmp_path, TESTS.replace("== 4", "== 5"))
    assert ran.returncode
    assert "tests fail though nothing was changed: tests/test_it.py::test_double" in ran.stderr
