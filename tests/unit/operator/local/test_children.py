"""Processes of a run: logged, drained, and gone with the command, whichever way that ended."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tracedpipeline.local.children import _AFTER_A_LINE, KEPT, children

PYTHON = (sys.executable, "-u", "-c")
SLEEP = "import time; time.sleep(600)"
# Says so when it is told to stop, and stops.
DRAINS = """
import signal, sys
def stop(*_):
    print("drained")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("started")
signal.pause()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('started'); signal.pause()"
# A command that starts a child with a socket, and says which.
COMMAND = """
import asyncio, signal, sys
from tracedpipeline.local.children import children
signal.signal(signal.SIGHUP, signal.SIG_DFL) # nohup has it ignored
CHILD = '''
import os, socket, signal
listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], os.getpid(), flush=True)
signal.pause()
'''
async def main():
    async with children(lambda line: print(line, flush=True), asyncio.Event()) as run:
        print("folder", run.folder, flush=True)
        async with run.child("one", [sys.executable, "-c", CHILD], {}, 5):
            await asyncio.sleep(600)
asyncio.run(main())
"""


class Log(list[str]):
    """Lines, and a wait for one of them."""

    def __call__(self, line: str) -> None:
        self.append(line)

    async def until(self, line: str) -> None:
        while line not in self:
            await asyncio.sleep(0.01)


def alive(process: int) -> bool:
    """Return whether it runs: one that ended and that nobody collects does not."""
    try:
        os.kill(process, 0)
        stat = Path(f"/proc/{process}/stat").read_text() if Path("/proc").exists() else ""
    except (ProcessLookupError, FileNotFoundError):
        return False
    return stat.rpartition(")")[2].split()[:1] != ["Z"]


async def test_each_line_has_the_name_of_who_says_it() -> None:
    log = Log()
    async with (
        children(log, asyncio.Event()) as run,
        run.child("a", [*PYTHON, "print('one'); print('two', end='')"], {}, 1) as child,
    ):
        await child.died()
    assert log == ["a │ one", "a │ two"]


async def test_a_line_of_any_length_and_bytes_of_any_kind_are_told() -> None:
    log = Log()
    text = r"import sys; sys.stdout.buffer.write(b'\xff' * 3_000_000 + b'\nend\n')"
    async with children(log, asyncio.Event()) as run, run.child("a", [*PYTHON, text], {}, 1) as child:
        await child.died()
    assert log[-1] == "a │ end"
    assert max(map(len, log)) < 10_000


async def test_a_child_drains_as_a_pod_does() -> None:
    log = Log()
    async with children(log, asyncio.Event()) as run, run.child("a", [*PYTHON, DRAINS], {}, 60) as child:
        await log.until("a │ started")
    assert log[-1] == "a │ drained"
    assert child.process.returncode == 0


@pytest.mark.parametrize("seconds", [0.0, 3600.0])
async def test_one_that_does_not_is_killed_after_its_time_or_at_the_second_ctrl_c(seconds: float) -> None:
    log = Log()
    async with children(log, asyncio.Event()) as run, run.child("a", [*PYTHON, STUBBORN], {}, seconds) as child:
        await log.until("a │ started")
        if seconds:
            run.hurry.set()
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("print('no topic'); raise SystemExit(3)", "a ended with exit status 3: no topic"),
        ("import os; os.kill(os.getpid(), 9)", "a was killed by SIGKILL"),
    ],
)
async def test_a_child_that_dies_is_one_sentence(program: str, told: str) -> None:
    async with (
        children(Log(), asyncio.Event()) as run,
        run.child("b", [*PYTHON, SLEEP], {}, 0),
        run.child("a", [*PYTHON, program], {}, 0),
    ):
        assert str(await run.first_death()) == told


async def test_a_program_that_is_not_there_is_told() -> None:
    async with children(Log(), asyncio.Event()) as run, run.child("a", ["/not/there"], {}, 0):
        assert str(await run.first_death()).startswith("a ended with exit status 127: ")


async def test_the_environment_is_what_was_given_and_what_a_machine_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    log = Log()
    program = "import os; print(sorted(os.environ))"
    async with children(log, asyncio.Event()) as run, run.child("a", [*PYTHON, program], {"GIVEN": "1"}, 1) as child:
        await child.died()
    found = set(eval(log[-1].removeprefix("a │ ")))
    assert "GIVEN" in found
    # A shell sets these for whatever it starts; LC_CTYPE is Python's own.
    assert found <= {"GIVEN", *KEPT, "PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}


async def test_its_group_goes_with_it() -> None:
    log = Log()
    forks = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); print(p.pid); p.wait()"
    async with children(log, asyncio.Event()) as run, run.child("a", [*PYTHON, forks], {}, 0):
        while not log:
            await asyncio.sleep(0.01)
    assert not alive(int(log[0].removeprefix("a │ ")))


async def test_the_folder_is_gone_afterwards() -> None:
    async with children(Log(), asyncio.Event()) as run:
        (run.folder / "data").mkdir()
    assert not run.folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_killed_leaves_no_process_no_port_and_no_folder(number: signal.Signals) -> None:
    command = subprocess.Popen([*PYTHON, COMMAND], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    folder = Path(command.stdout.readline().split()[1])
    port, child = map(int, command.stdout.readline().split()[-2:])
    assert alive(child) and folder.exists()
    command.send_signal(number)
    command.communicate()
    while alive(child) or folder.exists():  # pytest's time limit ends a wait that is for nothing
        time.sleep(0.02)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_command_that_is_killed_before_the_guard_knows_of_a_child_never_runs_it(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    shell = ["/bin/sh", "-c", _AFTER_A_LINE, "a", "touch", str(ran)]
    done = subprocess.run(shell, stdin=subprocess.DEVNULL, check=False)  # the pipe's other end is closed
    assert done.returncode != 0 and not ran.exists()
