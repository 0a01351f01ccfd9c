"""Java 17 or newer is taken from PATH, else from the wheel; else it is one sentence what is missing."""

from pathlib import Path

import pytest
from tracedpipeline.local import java
from tracedpipeline.local.errors import LocalError

WHEEL = "/wheel/java"


@pytest.fixture(params=[None, WHEEL])
def wheel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    found: str | None = request.param
    monkeypatch.setattr(java, "_of_wheel", lambda: found)
    return found


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> str:
    program = folder / "java"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return str(program)


@pytest.mark.parametrize(
    "line", ['openjdk version "17.0.15" 2025-04-15', 'java version "21" 2023', 'openjdk version "25-ea" 2025']
)
async def test_one_on_path_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheel: str | None, line: str
) -> None:
    program = on_path(tmp_path, monkeypatch, f"echo 'Picked up JAVA_TOOL_OPTIONS: -X' >&2; echo '{line}' >&2")
    assert await java.find() == program


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'openjdk version \"11.0.2\" 2019' >&2", "java on PATH is version 11"),
        ("echo 'java version \"1.8.0_292\"' >&2", "java on PATH is version 8"),
        ("echo 'Unable to locate a Java Runtime.' >&2; exit 1", "java on PATH is no Java runtime"),
    ],
)
async def test_the_wheel_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheel: str | None, script: str, told: str
) -> None:
    on_path(tmp_path, monkeypatch, script)
    if wheel:
        assert await java.find() == WHEEL
        return
    with pytest.raises(LocalError, match=f"needs Java 17 or newer, and {told}: install one, .*or use --kafka mock"):
        await java.find()


async def test_none_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheel: str | None) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if wheel:
        assert await java.find() == WHEEL
        return
    with pytest.raises(LocalError, match="needs Java 17 or newer, and there is none: install one"):
        await java.find()
