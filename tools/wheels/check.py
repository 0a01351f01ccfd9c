"""What a wheel is checked for: the C library that it needs, and whether it works where it is installed."""

import re
from pathlib import Path
from typing import Final

from tools.wheels.build import Platform
from tools.wheels.headers import Python
from tools.wheels.places import ROOT, UV, WORK, run, tool

_TAG: Final = re.compile(r'"((?:many|musl)linux)_(\d+)_(\d+)_(\w+)"')
_TESTS: Final = ("tests/unit/kafkatrace/hotpath/test_send.py", "tests/unit/kafkatrace/clients/test_clients.py")
_PARITY: Final = "tests/unit/kafkatrace/hotpath/test_choose.py"  # compares what is in C with what is in Python


def platform_of(wheel: Path, platform: Platform) -> str:
    """Return what auditwheel says the wheel needs; SystemExit where that is more than its tag."""
    return needed(wheel.name, tool("auditwheel", "show", wheel), platform.tag)


def needed(name: str, said: str, tag: str) -> str:
    """Return the tag in what auditwheel said; SystemExit where that is none, or asks for more than the wheel's own."""
    found, named = _TAG.search(said), _TAG.search(f'"{tag}"')
    if found is None or named is None or (found[1], found[4]) != (named[1], named[4]):
        raise SystemExit(f"auditwheel finds no {tag} in {name}:\n{said}")
    if _version(found) > _version(named):
        raise SystemExit(f"{name} needs {found[0]}:\n{said}")
    return found[0].strip('"')


def _version(tag: re.Match[str]) -> tuple[int, int]:
    return int(tag[2]), int(tag[3])


def parity(wheel: Path, python: Python, implementation: str) -> str:
    """Install the wheel into a new environment, and run the tests that compare both implementations there."""
    home = WORK / f"test-{python.tag}-{implementation}"
    arguments = ("--frozen", "--no-install-workspace", "--python", str(python.interpreter))
    run(UV, "sync", *arguments, UV_PROJECT_ENVIRONMENT=str(home))
    run(UV, "pip", "install", "--no-deps", "--reinstall", "--python", home, wheel)
    interpreter = home / "bin" / "python"
    says = run(interpreter, "-c", "import kafkatrace; print(kafkatrace.__file__, kafkatrace.implementation)")
    if not says.startswith(str(home)) or says.split()[-1] != implementation:
        raise SystemExit(f"{wheel.name} is installed as {says}")
    tests = (_PARITY, *_TESTS) if implementation == "C" else _TESTS
    said = run(interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, cwd=ROOT)
    return said.strip().splitlines()[-1]
