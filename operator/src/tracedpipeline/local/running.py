"""How other commands find a running `up`: a file with its consumer's Kafka variables and where its traces are."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tracedpipeline.local import jars

_OURS = "KAFKA_"


@dataclass(frozen=True)
class Running:
    """What is running: its process, the variables by which Kafka is reached, the address of its traces."""

    process: int
    variables: Mapping[str, str]
    jaeger: str


def folder(environment: Mapping[str, str]) -> Path:
    """Return where the files are: below this user's cache."""
    return jars.cache(environment) / "running"


@contextlib.contextmanager
def announced(folder: Path, pipeline: str, variables: Mapping[str, str], jaeger: str) -> Iterator[None]:
    """Keep the file while the pipeline runs; it names files with credentials, and has none of them itself."""
    ours = {name: value for name, value in variables.items() if name.startswith(_OURS)}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{pipeline}.json"
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        json.dump(asdict(Running(os.getpid(), ours, jaeger)), written)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def find(folder: Path, pipeline: str) -> Running | None:
    """Return what runs under this name, None where nothing does."""
    try:
        found = Running(**json.loads((folder / f"{pipeline}.json").read_bytes()))
        os.kill(found.process, 0)
    except (OSError, ValueError, TypeError):  # none, a half-written one, one of a process that was killed
        return None
    return found
