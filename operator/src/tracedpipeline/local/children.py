"""The processes of a run: each a group of its own, drained as a pod is, and none that outlives the command."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tracedpipeline.local import guard
from tracedpipeline.local.errors import LocalError

# What a process needs besides its pod's environment: where programs, a home and temporary files are.
KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_LONGEST_LINE = 8192
# Nothing runs before the guard knows of it: the word to go on does not come from a command that was killed.
_AFTER_A_LINE = 'read -r _ && exec "$@" </dev/null'

Tell = Callable[[str], None]
Pipe = TypeVar("Pipe", asyncio.StreamReader, asyncio.StreamWriter)


class Child:
    """A process that runs."""

    def __init__(self, name: str, process: Process, tell: Tell) -> None:
        self.name = name
        self.process = process
        self._last: deque[str] = deque(maxlen=1)
        self._logging = asyncio.create_task(self._log(tell))

    async def _log(self, tell: Tell) -> None:
        rest = b""
        while block := await _pipe(self.process.stdout).read(65_536):
            *lines, rest = (rest + block).split(b"\n")
            rest = rest[-_LONGEST_LINE:]
            for line in lines:
                self._line(line, tell)
        self._line(rest, tell)

    def _line(self, line: bytes, tell: Tell) -> None:
        text = line[:_LONGEST_LINE].decode(errors="replace").rstrip()
        if text:
            self._last.append(text)
            tell(f"{self.name} │ {text}")

    async def died(self) -> LocalError:
        """Return, once it has ended by itself, how."""
        status = await self.process.wait()
        await self._logging
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
        return LocalError(f"{self.name} {how}{f': {self._last[0]}' if self._last else ''}")

    async def stop(self, seconds: float, hurry: asyncio.Event) -> None:
        """Have it drain for so long, or until there is no more time, then kill it."""
        self._signal(signal.SIGTERM)
        waits = [asyncio.create_task(self.process.wait()), asyncio.create_task(hurry.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        self._signal(signal.SIGKILL)
        await self.process.wait()
        await self._logging
        waits[1].cancel()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


class Children:
    """Starts processes, and knows a folder that goes with them."""

    def __init__(self, watcher: Process, folder: Path, tell: Tell, hurry: asyncio.Event) -> None:
        self._watcher = watcher
        self.folder = folder
        self.hurry = hurry
        self._tell = tell
        self.running: list[Child] = []

    @asynccontextmanager
    async def child(
        self, name: str, command: Sequence[str], variables: Mapping[str, str], grace_seconds: float
    ) -> AsyncIterator[Child]:
        """Run a process while the context lasts."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", _AFTER_A_LINE, name, *command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,
            env={**kept, **variables},
        )
        child = Child(name, process, self._tell)
        self.running.append(child)
        try:
            await self._watch(process.pid)
            go_on = _pipe(process.stdin)
            go_on.write(b"\n")
            go_on.close()
            yield child
        finally:
            self.running.remove(child)
            await child.stop(grace_seconds, self.hurry)
            self._say(f"-{process.pid}")

    async def _watch(self, group: int) -> None:
        self._say(f"+{group}")
        if not await _pipe(self._watcher.stdout).readline():
            raise await self._unwatched()

    async def _unwatched(self) -> LocalError:
        await self._watcher.wait()
        return LocalError("the process that watches over the others has ended: start again")

    def _say(self, line: str) -> None:
        _pipe(self._watcher.stdin).write(f"{line}\n".encode())

    async def first_death(self) -> LocalError:
        """Return how the first of them ended that ended by itself."""
        waits = [asyncio.create_task(child.died()) for child in self.running]
        waits.append(asyncio.create_task(self._unwatched()))
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for each in waits:
                each.cancel()


@asynccontextmanager
async def children(tell: Tell, hurry: asyncio.Event) -> AsyncIterator[Children]:
    """Yield what starts processes; nothing of them is left after the context, nor after a command that was killed.

    `hurry` is set when there is no more time to drain.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="tracedpipeline-"))
    except OSError as error:
        raise LocalError(f"{tempfile.gettempdir()}: no folder can be made there: {error.strerror}") from error
    watcher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", guard.__file__, str(folder)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
    )
    try:
        yield Children(watcher, folder, tell, hurry)
    finally:
        _pipe(watcher.stdin).close()
        await watcher.wait()
        shutil.rmtree(folder, ignore_errors=True)  # as the guard has done, unless somebody killed it


def _pipe(stream: Pipe | None) -> Pipe:
    if stream is None:
        raise TypeError("a process without the pipes that it was to have")
    return stream
