"""One run of mutmut on a copy of the sources: a folder of its own, which the checkout does not see."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.mutants.modules import AT_IMPORT, REPO, SOURCES, Target

CACHE: Final = REPO / ".cache/mutants"
NEEDED: Final = ("charts", "examples", "tests", "versions.mk")
PLUGINS: Final = Path(__file__).parent  # at_import.py
# What mutmut says, and fails, where no test runs a function of the target: it has none, or all its mutants survive.
NOTHING_RAN: Final = "could not find any test case for any mutant"
NOTICED: Final = ("killed", "timeout", "segfault")
MUTMUT: Final = Path(sys.executable).parent / "mutmut"
# Each mutant's tests import it again; otherwise they would inherit what the import made before the change.
# mutmut's time-out is of the tests alone.
_IMPORT_EACH: Final = {"process_isolation": "forkserver", "forkserver_warmup": "none", "timeout_constant": 120}
RESULT: Final = re.compile(r"\s+(?P<mutant>\S+): (?P<status>[a-z ]+)")


@dataclass(frozen=True)
class Mutant:
    """A change that was made, and what became of it."""

    name: str
    status: str

    @property
    def module(self) -> str:
        """Return the module that was changed."""
        return re.split(r"\.x[_ǁ]", self.name)[0]

    @property
    def function(self) -> str:
        """Return the function that was changed, with its module."""
        mangled = self.name.removeprefix(f"{self.module}.").rpartition("__mutmut_")[0]
        return f"{self.module}.{mangled.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"

    @property
    def noticed(self) -> bool:
        """Return whether a test failed or never came to its end."""
        return self.status in NOTICED


def run(target: Target) -> Iterator[Mutant]:
    """Yield each mutant of the target after its tests ran."""
    stage = CACHE / "stages" / target.dotted
    _copy(target, stage)
    with (stage / "mutmut.log").open("w") as log:
        ran = subprocess.run([MUTMUT, "run"], cwd=stage, stdout=log, stderr=log, env=_environment())
    if ran.returncode and NOTHING_RAN not in (stage / "mutmut.log").read_text():
        raise SystemExit(f"mutmut failed on {target.name}; its output is {log.name}")
    for line in _mutmut(stage, "results", "--all", "true").splitlines():
        if found := RESULT.fullmatch(line):
            yield Mutant(found["mutant"], found["status"])


def change(target: Target, mutant: Mutant) -> str:
    """Return what a mutant changes, on one line: `before => after`."""
    # The tests' own environment has no mutmut.
    from mutmut.configuration import reset_config
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    with chdir(CACHE / "stages" / target.dotted):
        reset_config()  # mutmut reads the one of the folder that it is in
        lines = get_diff_for_mutant(mutant.name).splitlines()
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
        for sign in "-+"
    )
    return f"{before} => {after}"


def _copy(target: Target, stage: Path) -> None:
    shutil.rmtree(stage, ignore_errors=True)
    for package, source in SOURCES.items():
        shutil.copytree(source, stage / "src" / package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in NEEDED:
        (stage / name).symlink_to(REPO / name)
    at_import = target.dotted in AT_IMPORT
    settings = {
        "source_paths": ["src"],
        "only_mutate": target.files,
        "also_copy": list(NEEDED),
        "pytest_add_cli_args": ["-n0", "--hypothesis-seed=0", *(("-p", "at_import") if at_import else ())],
        "pytest_add_cli_args_test_selection": target.tests,
        "use_git_change_detection": False,
        **(_IMPORT_EACH if at_import else {}),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = (REPO / "pyproject.toml").read_text()
    (stage / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]))


def _environment() -> dict[str, str]:
    return {**os.environ, "KAFKATRACE_PURE_PYTHON": "1", "PYTHONPATH": str(PLUGINS)}


def _mutmut(stage: Path, *arguments: str) -> str:
    return subprocess.run(
        [MUTMUT, *arguments], cwd=stage, check=True, stdout=subprocess.PIPE, text=True, env=_environment()
    ).stdout
