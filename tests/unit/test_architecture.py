"""The map of the house is complete, and what is private to kafkatrace is used by it alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import kafkatrace
import pytest

ROOT = Path(__file__).parents[2]
MAP = ROOT / "docs" / "architecture.md"
PACKAGES = {
    "operator": ROOT / "operator" / "src" / "tracedpipeline",
    "kafkatrace": ROOT / "apps" / "kafkatrace" / "src" / "kafkatrace",
}
SPEEDUPS = ROOT / "apps" / "kafkatrace" / "speedups"


def rooms(package: Path) -> Iterator[str]:
    """Yield folders, with a slash, and top-level modules."""
    for path in sorted(package.iterdir()):
        if path.is_dir() and any(path.glob("*.py")):
            yield f"{path.name}/"
        elif path.suffix == ".py" and path.stem != "__init__":
            yield path.stem


def section(title: str) -> str:
    """Return the map's part below a heading of the second rank."""
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", MAP.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"docs/architecture.md has no section '{title}'"
    return found.group(1)


@pytest.mark.parametrize(("title", "package"), [("The operator", "operator"), ("kafkatrace", "kafkatrace")])
def test_the_map_names_every_room(title: str, package: str) -> None:
    named = set(re.findall(r"`([\w/]+)`", section(title)))
    assert set(rooms(PACKAGES[package])) <= named


def test_the_map_names_every_file_in_c() -> None:
    named = set(re.findall(r"`(\w+\.[ch])`", section("kafkatrace")))
    assert {path.name for path in SPEEDUPS.glob("*.[ch]")} == named


# kafkatrace's own tests, and what runs them with each implementation
INSIDE = (ROOT / "tests" / "unit" / "kafkatrace", ROOT / "tests" / "fuzz", ROOT / "tests" / "implementations.py")
OUTSIDE = ("apps", "benchmarks", "examples", "operator", "standins", "tests", "tools")


def outside_of_kafkatrace() -> Iterator[Path]:
    """Yield all Python files that may use only what kafkatrace makes public."""
    for folder in OUTSIDE:
        for path in (ROOT / folder).rglob("*.py"):
            if not any(path.is_relative_to(inside) for inside in (*INSIDE, PACKAGES["kafkatrace"])):
                yield path


def private_uses(source: str) -> Iterator[str]:
    """Yield what a program takes of kafkatrace that is not in its `__all__`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module="kafkatrace", names=names, level=0):
                used = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), level=0) if module.startswith("kafkatrace."):
                used = [module.partition(".")[2]]
            case ast.Import(names=names):
                used = [alias.name.partition(".")[2] for alias in names if alias.name.startswith("kafkatrace.")]
            case ast.Attribute(value=ast.Name(id="kafkatrace"), attr=name):
                used = [name]
            case _:
                used = []
        yield from (name for name in used if name not in (*kafkatrace.__all__, "__all__"))


def test_code_outside_of_kafkatrace_uses_what_is_public() -> None:
    files = list(outside_of_kafkatrace())
    assert len(files) > 100
    found = [f"{path}: {name}" for path in files for name in private_uses(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from kafkatrace.tracing import current", ["tracing"]),
        ("import kafkatrace.spans.semconv", ["spans.semconv"]),
        ("import os, kafkatrace.demo as demo", ["demo"]),
        ("from kafkatrace import Producer, tracing", ["tracing"]),
        ("import kafkatrace\nkafkatrace.context.headers.Headers", ["context"]),
        ("def f():\n    from kafkatrace.context import w3c", ["context"]),
        ("import kafkatrace\nkafkatrace.current().flush(5)", []),
        (
            "from kafkatrace import Headers, Stage\nfrom benchmarks.kafkatrace import pace\nfrom .kafkatrace import x",
            [],
        ),
    ],
)
def test_what_is_private_is_recognised(source: str, found: list[str]) -> None:
    assert list(private_uses(source)) == found
