"""Apache Kafka's jars: from Maven Central into this user's cache, each by its checksum."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import aiohttp

from tracedpipeline.local.errors import LocalError

# What the list of jars names is fetched from here, or from the mirror that the variable names.
CENTRAL: Final = "https://repo1.maven.org/maven2"
MIRROR: Final = "TRACEDPIPELINE_MAVEN_URL"
_AT_ONCE = 8
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=30)
_WITHOUT = "use --kafka mock, which downloads nothing, or --kafka HOST:PORT"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Jar:
    """A file of a Maven repository."""

    sha256: str
    size: int
    path: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]


def listed() -> list[Jar]:
    """Return the jars of Kafka's server, its own first."""
    text = resources.files("tracedpipeline.local").joinpath("kafka-jars.txt").read_text()
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return [Jar(sha256, int(size), path) for sha256, size, path in rows]


def version() -> str:
    """Return which Kafka it is."""
    return listed()[0].path.split("/")[-2]


def cache(environment: Mapping[str, str]) -> Path:
    """Return this user's folder for what can be fetched again."""
    home = Path(environment.get("HOME", "~")).expanduser()
    usual = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
    return Path(environment.get("XDG_CACHE_HOME") or usual) / "tracedpipeline"


async def fetch(folder: Path, tell: Tell, environment: Mapping[str, str] = os.environ) -> None:
    """Have all jars in the folder: those that are missing or damaged are downloaded."""
    missing = [jar for jar in listed() if not await asyncio.to_thread(_is_there, folder / jar.name, jar)]
    if not missing:
        return
    url = environment.get(MIRROR, CENTRAL).rstrip("/")
    size = sum(jar.size for jar in missing) / 1e6
    tell(f"downloading Apache Kafka {version()}: {len(missing)} jars, {size:.0f} MB, from {url}")
    limit = asyncio.Semaphore(_AT_ONCE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session, asyncio.TaskGroup() as group:
            for jar in missing:
                group.create_task(_fetch(session, url, folder, jar, limit))
    except OSError as error:
        raise disk(folder, error) from error
    except BaseExceptionGroup as errors:
        raise _told(url, folder, errors.exceptions[0]) from errors


def _is_there(file: Path, jar: Jar) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == jar.sha256


async def _fetch(session: aiohttp.ClientSession, url: str, folder: Path, jar: Jar, limit: asyncio.Semaphore) -> None:
    async with limit, session.get(f"{url}/{jar.path}") as answer:
        answer.raise_for_status()
        content = await _read(answer, jar.size)
    if (found := hashlib.sha256(content).hexdigest()) != jar.sha256:
        raise LocalError(f"{url}/{jar.path}: sha256 is {found}, expected {jar.sha256}: {_WITHOUT}")
    part = folder / f"{jar.name}.{os.getpid()}.part"
    try:
        part.write_bytes(content)
        part.replace(folder / jar.name)
    finally:
        part.unlink(missing_ok=True)  # of a disk that is full, too


async def _read(answer: aiohttp.ClientResponse, size: int) -> bytes:
    """Return the body, at most a byte more than there should be."""
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > size:
            break
    return bytes(body[: size + 1])


def _told(url: str, folder: Path, error: BaseException) -> BaseException:
    if isinstance(error, aiohttp.ClientError | TimeoutError):
        why = str(error) or type(error).__name__
        return LocalError(
            f"Apache Kafka cannot be downloaded from {url} ({why}): {_WITHOUT}; a mirror is named by {MIRROR}"
        )
    return disk(folder, error) if isinstance(error, OSError) else error


def disk(folder: Path, error: OSError) -> LocalError:
    """Return what keeps files from the cache."""
    elsewhere = "make room, or name another folder by XDG_CACHE_HOME"
    return LocalError(f"{folder}: Apache Kafka cannot be kept there: {error.strerror}; {elsewhere}, or {_WITHOUT}")
