"""The map of the house is complete: docs/architecture.md names every folder and top-level module of both packages."""

import re
from collections.abc import Iterator
from pathlib import Path

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
