"""A name of this user's is one run's alone, and how other commands find that run: its Kafka variables, its traces."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

from tracedpipeline.local.errors import LocalError

_OURS: Final = "KAFKA_"
# Who looks for a run holds the lock, too, for a moment.
_TRIES: Final = 20
_SECONDS_BETWEEN: Final = 0.05


@dataclass(frozen=True)
class Running:
    """What is running: its process, the variables by which Kafka is reached, the address of its traces."""

    process: int
    variables: Mapping[str, str]
    jaeger: str


class Claim:
    """A name that one run has while it lasts."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def announce(self, variables: Mapping[str, str], jaeger: str) -> None:
        """Write down how it is reached: names of files with credentials, and none of the credentials themselves."""
        ours = {name: value for name, value in variables.items() if name.startswith(_OURS)}
        _write(self._file, json.dumps(asdict(Running(os.getpid(), ours, jaeger))))


def folder(environment: Mapping[str, str]) -> Path:
    """Return where the files are: this user's folder for the state of programs."""
    home = Path(environment.get("HOME", "~")).expanduser()
    return Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state") / "tracedpipeline"


@contextlib.contextmanager
def claimed(folder: Path, pipeline: str) -> Iterator[Claim]:
    """Have the name while the context lasts, however the process ends; LocalError says who has it already."""
    path = folder / f"{pipeline}.json"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")  # noqa: SIM115 # closed below, unlocked by that
    except OSError as error:
        raise LocalError(
            f"{path} cannot be written: {error.strerror}; another folder is named by XDG_STATE_HOME"
        ) from error
    with file:
        if not _is_ours(file):
            there = _read(path)
            raise LocalError(
                f"{pipeline} runs already on this machine{f' (process {there.process})' if there else ''}: "
                "stop it, or give this pipeline another name"
            )
        _write(file, "")  # what a run that was killed has left
        try:
            yield Claim(file)
        finally:
            _write(file, "")


def _is_ours(file: TextIO) -> bool:
    """Lock it for as long as it is open."""
    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_SECONDS_BETWEEN)
    return False


def _write(file: TextIO, text: str) -> None:
    try:
        file.seek(0)
        file.truncate()
        file.write(text)
        file.flush()
    except OSError as error:
        raise LocalError(f"{file.name} cannot be written: {error.strerror}") from error


def find(folder: Path, pipeline: str) -> Running | None:
    """Return what runs under this name, None where nothing does."""
    path = folder / f"{pipeline}.json"
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    except OSError:  # nothing ever ran
        return None
    return None  # what is unlocked is of a run that has ended


def _read(path: Path) -> Running | None:
    """Return what a file says; None for one of a run that is just starting."""
    try:
        return Running(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
