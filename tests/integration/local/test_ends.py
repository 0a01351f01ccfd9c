"""However `tracedpipeline up` ends, nothing of it is left: terminal, pipe, disk, a second run, Ctrl-C early."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.running_up import MINIMAL, listens, until_gone, up

COMMAND = [sys.executable, "-m", "tracedpipeline", "up", "-f", str(MINIMAL), "--kafka", "mock"]


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """An environment with folders of the test's own for temporary files and state."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {**os.environ, "TMPDIR": str(temporary), "XDG_STATE_HOME": str(tmp_path / "state")}


def children(process: int) -> dict[int, str]:
    rows = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(pid): "" for pid, parent in map(str.split, rows.splitlines()) if int(parent) == process}


def until(read: Callable[[], str], words: str) -> str:
    """Read until these words have come; returns all that came."""
    found = ""
    while not re.search(words, found):
        more = read()
        assert more, f"ended without {words!r}: {found}"
        found += more
    return found


def nothing_is_left(environment: dict[str, str], started: dict[int, str], told: str) -> None:
    until_gone(started)
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", told)}
    assert ports and not any(map(listens, ports))
    assert list(Path(environment["TMPDIR"]).iterdir()) == []


def test_a_terminal_that_is_closed(own: dict[str, str]) -> None:
    process, terminal = pty.fork()
    if not process:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.execvpe(COMMAND[0], COMMAND, own)
    told = until(lambda: os.read(terminal, 65_536).decode(errors="replace"), r"-consumer-0 │ .* ready\r\n")
    started = children(process)
    assert len(started) == 3
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 1
    nothing_is_left(own, started, told)


def test_a_pipe_that_nobody_reads_any_more(own: dict[str, str]) -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=own) as process:
        assert process.stderr is not None
        told = until(process.stderr.readline, r"-consumer-0 │ .* ready\n")
        started = children(process.pid)
        process.stderr.close()
        assert process.wait() == 1
    nothing_is_left(own, started, told)


def test_a_second_run_of_the_pipeline_is_refused_and_the_first_goes_on(own: dict[str, str]) -> None:
    with up("--kafka", "mock", environment=own) as first:
        first.until_ready()
        with up("--kafka", "mock", environment=own) as second:
            status, _ = second.end()
        begin = f"tracedpipeline: orders runs already on this machine (process {first.process.pid}): stop it"
        assert status == 1 and second.told.startswith(begin)
        first.process.send_signal(signal.SIGINT)
        assert first.end()[0] == 0
    with up("--kafka", "mock", "--once", environment=own) as third:
        assert third.end()[0] == 0


def test_ctrl_c_while_it_downloads(own: dict[str, str], tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'version \"17.0.1\"' >&2\n")
    java.chmod(0o755)
    own |= {"PATH": f"{tmp_path}:{own['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        own["TRACEDPIPELINE_MAVEN_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with up(environment=own) as running:
            asked, _ = silent.accept()  # which gets no answer
            asked.close()
            started = running.processes()
            running.process.send_signal(signal.SIGINT)
            assert running.end() == (0, "")
    assert not any("Traceback" in line for line in running.lines)
    until_gone(started)
    assert list(Path(own["TMPDIR"]).iterdir()) == []
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of this size."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root mounts a disk of a few megabytes, and not in every container")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("kafka", ["mock", "real"])
def test_a_disk_that_becomes_full(own: dict[str, str], tmp_path: Path, kafka: str) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        own["TMPDIR"] = str(disk)
        with up("--kafka", kafka, environment=own) as running:
            running.until_ready()
            started = running.processes()
            with pytest.raises(OSError, match="No space left"), (disk / "others").open("wb", 0) as others:
                while others.write(bytes(4096)):
                    pass
            status, _ = running.end()
            until_gone(started)
        assert status == 1
        full = r"traces cannot be kept there: database or disk is full; make room|kafka ended with exit status 1"
        assert re.match(f"tracedpipeline: .*({full})", running.told), running.told
        assert [path.name for path in disk.iterdir()] == ["others"]
