"""Build all of them, check them, run those that can be run here, and print the list."""

import shutil
import sys
from pathlib import Path

from tools.wheels import build, check, headers
from tools.wheels.headers import VERSIONS, Python
from tools.wheels.places import DIST


def main() -> int:
    """Return 0: what fails ends the program with its output."""
    shutil.rmtree(DIST, ignore_errors=True)
    pure = build.pure(build.sdist())
    pythons = [python for version in VERSIONS if (python := _headers(version)) is not None]
    for python in pythons:
        _build(python, pure)
    _run(pure, next((python for python in pythons if python.interpreter is not None), None), "Python")
    print(f"\n{DIST.name}/")
    for made in sorted(DIST.glob("*.[wt]*")):
        print(f"{made.stat().st_size:9}  {made.name}")
    return 0


def _headers(version: str) -> Python | None:
    python = headers.find(version)
    place = "no headers: the pure wheel" if python is None else str(python.include[0])
    print(f"Python {version}: {place}", flush=True)
    return python


def _build(python: Python, pure: Path) -> None:
    for platform in build.PLATFORMS:
        wheel = build.compiled(pure, python, platform)
        print(f"{wheel.name}: auditwheel says {check.platform_of(wheel, platform)}", flush=True)
        if platform.suffix == "x86_64-linux-gnu":
            _run(wheel, python, "C")
        else:
            print("  not run: it is for another machine or C library than this one", flush=True)


def _run(wheel: Path, python: Python | None, implementation: str) -> None:
    if python is None or python.interpreter is None:
        print("  not run: that Python is not here", flush=True)
        return
    print(f"  {wheel.name} on {python.interpreter}: {check.parity(wheel, python, implementation)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
