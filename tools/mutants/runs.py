"""One run of the tests on copies of the sources that hold all mutants: a folder that the checkout does not see."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any, Final

from tools.mutants import children, plugin
from tools.mutants.modules import REPO, SOURCES, Target

CACHE: Final = REPO / ".cache/mutants"
NOTICED: Final = (children.KILLED, children.ENDLESS, *plugin.AGAIN)


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
        """Return whether a test failed or, twice, never came to its end."""
        return self.status in NOTICED


@dataclass
class Run:
    """The targets' mutants in a folder of their own."""

    targets: list[Target]
    folder: Path
    # By module: what mutmut made of it.
    mutated: dict[str, Any] = field(default_factory=dict)

    def mutants(self) -> Iterator[Mutant]:
        """Yield each mutant of the targets after its tests ran."""
        self._copy()
        plan = {name: target.tests for target in self.targets for name in self._mutate(target)}
        if not plan:
            return
        (self.folder / plugin.PLAN).write_text(json.dumps(plan))
        self._pytest(sorted({folder for target in self.targets for folder in target.tests}))
        with chdir(self.folder):
            yield from [Mutant(name, end) for name, end in plugin.results()]

    def change(self, mutant: Mutant) -> str:
        """Return what a mutant changes, on one line: `before => after`."""
        function, _, number = mutant.name.removeprefix(f"{mutant.module}.").rpartition("__mutmut_")
        original, changed = (self._function(mutant.module, function, version) for version in ("orig", number))
        lines = list(unified_diff(original, changed, lineterm=""))
        before, after = (
            " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
            for sign in "-+"
        )
        return f"{before} => {after}"

    def _function(self, module: str, function: str, version: str) -> list[str]:
        mutated = self.mutated[module]
        span = mutated.line_span_by_function_name[f"{function}__mutmut_{version}"]
        code = mutated.code.split("\n")[span.start - 1 : span.end]
        return [line.replace(f"{function}__mutmut_{version}", function) for line in code]

    def _copy(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in _checkout():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / name, self.folder / name)
        for package, source in SOURCES.items():
            shutil.copytree(self.folder / source.relative_to(REPO), self.folder / "src" / package)
        settings = '\n[tool.mutmut]\nsource_paths = ["src"]\ntrack_dependencies = false\n'
        (self.folder / "pyproject.toml").write_text((REPO / "pyproject.toml").read_text() + settings)

    def _mutate(self, target: Target) -> Iterator[str]:
        # The tests' own environment has no mutmut.
        from mutmut.mutation.file_mutation import mutate_file_contents

        for file in target.files:
            path = self.folder / file
            with chdir(self.folder):
                mutated = mutate_file_contents(file, path.read_text())
            path.write_text(mutated.code)
            module = re.sub(r"(/__init__)?\.py$", "", file.removeprefix("src/")).replace("/", ".")
            self.mutated[module] = mutated
            yield from (f"{module}.{name}" for name in mutated.mutant_names)

    def _pytest(self, tests: list[str]) -> None:
        command = [sys.executable, "-m", "pytest", "-p", plugin.__name__, *plugin.OPTIONS, *tests]
        log = self.folder / "pytest.log"
        with log.open("w") as output:
            ran = subprocess.run(command, cwd=self.folder, stdout=output, stderr=output, env=self._environment())
        if ran.returncode:
            raise SystemExit(f"the tests could not be run; their output is {log}")

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder / "src"), str(REPO)])
        return {**os.environ, "KAFKATRACE_PURE_PYTHON": "1", "PYTHONPATH": path, "MUTANT_UNDER_TEST": "stats"}


def _checkout() -> list[str]:
    """Return the files of the checkout: the run is of one moment, whatever becomes of them meanwhile."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPO, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [name for name in listed.split("\0") if (REPO / name).is_file()]
