"""`tracedpipeline up` as a process, and all that it starts."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MINIMAL = Path(__file__).parents[1] / "examples" / "minimal.yaml"


class Up:
    """The command, and what it has said."""

    def __init__(self, file: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "tracedpipeline", "up", "-f", str(file), *options]
        pipe = subprocess.PIPE
        variables = dict(os.environ if environment is None else environment)
        self.state = tempfile.TemporaryDirectory()  # of its own: a name can run once for each user
        variables.setdefault("XDG_STATE_HOME", self.state.name)
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=variables)
        self.lines: list[str] = []
        self._output = ""
        self._news = threading.Condition()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self.lines.append("")  # the end
            self._news.notify_all()

    def until(self, words: str) -> str:
        """Wait for a line with these words."""
        with self._news:
            while not (found := [line for line in self.lines if re.search(words, line)]):
                assert not self.lines or self.lines[-1], f"ended without {words!r}:\n" + "\n".join(self.lines)
                self._news.wait()
            return found[0]

    def until_ready(self) -> None:
        """Wait until producer and consumer do their work."""
        self.until(r"-producer-0 │ .* ready$")
        self.until(r"-consumer-0 │ .* ready$")

    def end(self) -> tuple[int, str]:
        """Wait for the end; returns the exit status, and what is on standard output."""
        assert self.process.stdout is not None and self.process.stderr is not None
        if not self.process.stdout.closed:
            self._output = self.process.stdout.read()
            self._reading.join()
            self.process.stdout.close()
            self.process.stderr.close()
            self.state.cleanup()
        return self.process.wait(), self._output

    @property
    def told(self) -> str:
        """Return the last line, which is why it ended."""
        return next(line for line in reversed(self.lines) if line)

    def processes(self) -> dict[int, str]:
        """Return its own processes that run, and their command lines."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
        mine = {self.process.pid}
        return {int(row[0]): row[3] for row in rows if int(row[1]) in mine and row[2][0] != "Z" and len(row) > 3}

    def one(self, words: str) -> int:
        """Return the id of the process of this command line."""
        (found,) = (number for number, line in self.processes().items() if words in line)
        return found

    def ports(self) -> list[int]:
        """Return the ports that it has told of."""
        return [int(port) for line in self.lines for port in re.findall(r"127\.0\.0\.1:(\d+)", line)]


@contextmanager
def up(*options: str, file: Path = MINIMAL, environment: dict[str, str] | None = None) -> Iterator[Up]:
    """Run the command, and wait until nothing of it is left."""
    running = Up(file, *options, environment=environment)
    started: dict[int, str] = {}
    try:
        yield running
        started = running.processes()
    finally:
        running.process.kill()
        running.end()
    until_gone(started)
    while any(
        map(listens, running.ports())
    ):  # the threads of a killed process end after it; pytest's time limit ends this
        time.sleep(0.05)


def until_gone(processes: dict[int, str]) -> None:
    """Wait until these processes have ended; pytest's time limit ends a wait that is for nothing."""
    while True:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True)
        alive = {int(pid) for pid, stat in map(str.split, listed.stdout.splitlines()) if stat[0] != "Z"}
        if not alive & processes.keys():
            return
        time.sleep(0.05)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def killed(running: Up, words: str, number: signal.Signals = signal.SIGKILL) -> tuple[int, str]:
    """Kill one of its processes; returns its exit status and what it said last."""
    started = running.processes()
    subprocess.run(["kill", f"-{number}", str(running.one(words))], check=True)
    status, _ = running.end()
    until_gone(started)
    return status, running.told
