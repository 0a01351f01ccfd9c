"""What is mutated, and the tests that should notice: tests mirror the source."""

from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).parents[2]
SOURCES: Final = {
    "tracedpipeline": REPO / "operator/src/tracedpipeline",
    "kafkatrace": REPO / "apps/kafkatrace/src/kafkatrace",
}
TESTS: Final = {"tracedpipeline": "tests/unit/operator", "kafkatrace": "tests/unit/kafkatrace"}
GOLDENS: Final = {"tracedpipeline": ("tests/golden",), "kafkatrace": ()}
# Beside those that the contract "pure" of .importlinter names.
ALSO: Final = ("tracedpipeline.queue", "kafkatrace.context", "kafkatrace.spans")
# Modules without a test file of their own: tables and values that these tests are about.
TESTED_BY: Final = {
    "tracedpipeline.failure": ("tests/unit/operator/test_failure.py", "tests/unit/operator/test_reconcile_errors.py"),
    "tracedpipeline.find.facts": ("tests/unit/operator/find/test_facts.py", "tests/unit/operator/find/test_reader.py"),
    "tracedpipeline.observed": ("tests/unit/operator/status", "tests/unit/operator/kubernetes_api"),
    "tracedpipeline.page.latency": ("tests/unit/operator/page/test_build.py",),
    "tracedpipeline.page.traces": ("tests/unit/operator/page/test_build.py",),
    "tracedpipeline.queue": ("tests/unit/operator/test_queue.py", "tests/unit/operator/test_queue_limits.py"),
    "tracedpipeline.reasons": ("tests/unit/operator/status", "tests/unit/operator/test_check_lists.py"),
    "tracedpipeline.state": ("tests/unit/operator/test_decide.py", "tests/unit/operator/test_reconcile.py"),
    "tracedpipeline.verdict": ("tests/unit/operator/test_check_lists.py", "tests/unit/operator/status"),
}


@dataclass(frozen=True)
class Target:
    """A module or a folder of them that mutmut runs on by itself."""

    dotted: str

    @property
    def name(self) -> str:
        """Return the name that ONLY selects by, as in `tracedpipeline/status`."""
        return self.dotted.replace(".", "/")

    @property
    def files(self) -> list[str]:
        """Return the files to mutate, within `src`."""
        package, *inner = self.dotted.split(".")
        source = SOURCES[package].joinpath(*inner)
        found = source.rglob("*.py") if source.is_dir() else [source.with_suffix(".py")]
        return sorted(f"src/{package}/{file.relative_to(SOURCES[package])}" for file in found if file.exists())

    @property
    def tests(self) -> list[str]:
        """Return the tests that mirror it, and the goldens of its package."""
        package, *inner = self.dotted.split(".")
        mirrored = TESTED_BY.get(self.dotted) or (_mirror(Path(TESTS[package]), inner),)
        return [*mirrored, *GOLDENS[package]]


def _mirror(tests: Path, inner: list[str]) -> str:
    *folders, last = inner
    folder = tests.joinpath(*folders)
    candidates = (folder / last, folder / f"test_{last}.py", folder)
    return str(next(path for path in candidates if (REPO / path).exists()))


def targets(only: str = "") -> list[Target]:
    """Return what is to be mutated, of the names that begin with `only`."""
    linter = ConfigParser()
    linter.read(REPO / ".importlinter")
    pure = linter["importlinter:contract:pure"]["source_modules"].split()
    found = [Target(dotted) for dotted in sorted([*pure, *ALSO])]
    return [target for target in found if target.name.startswith(only)]
