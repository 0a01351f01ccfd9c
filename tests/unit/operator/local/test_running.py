"""A name runs once, whatever an earlier run has left, and is found only while it runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tracedpipeline.local import running
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.running import Running

HOLDS = """
import sys
from pathlib import Path
from tracedpipeline.local import running
with running.claimed(Path(sys.argv[1]), "orders") as claim:
    claim.announce({"KAFKA_TOPIC": "orders"}, "")
    print("runs", flush=True)
    sys.stdin.read()
"""


def other_run(folder: Path) -> "subprocess.Popen[str]":
    """Another process that has the name."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(folder)], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "runs\n"
    return process


def test_it_is_found_while_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / "running"
    variables = {"KAFKA_TOPIC": "orders", "REGION_SECRET": "north"}
    assert running.find(folder, "orders") is None
    with running.claimed(folder, "orders") as claim:
        assert running.find(folder, "orders") is None
        claim.announce(variables, "http://127.0.0.1:1")
        found = running.find(folder, "orders")
        assert found == Running(os.getpid(), {"KAFKA_TOPIC": "orders"}, "http://127.0.0.1:1")
        assert running.find(folder, "others") is None
        assert (folder / "orders.json").stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
    assert running.find(folder, "orders") is None
    assert (folder / "orders.json").read_text() == ""


def test_a_second_run_of_the_name_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    with other_run(tmp_path) as first:
        told = rf"orders runs already on this machine \(process {first.pid}\): stop it, or give this pipeline another"
        with pytest.raises(LocalError, match=told), running.claimed(tmp_path, "orders"):
            pass
        found = running.find(tmp_path, "orders")
        assert found is not None and found.process == first.pid
        with running.claimed(tmp_path, "others"):
            pass
    with running.claimed(tmp_path, "orders"):
        pass


def test_a_run_that_was_killed_is_no_longer_found_and_its_name_is_free(tmp_path: Path) -> None:
    with other_run(tmp_path) as killed:
        killed.send_signal(signal.SIGKILL)
    assert "KAFKA_TOPIC" in (tmp_path / "orders.json").read_text()
    assert running.find(tmp_path, "orders") is None
    with running.claimed(tmp_path, "orders"):
        assert (tmp_path / "orders.json").read_text() == ""


@pytest.mark.parametrize("process", [os.getpid(), 1, 2**22 + 1], ids=["ours", "alive", "dead"])
def test_the_number_of_a_process_proves_nothing_since_another_may_have_it_now(tmp_path: Path, process: int) -> None:
    (tmp_path / "orders.json").write_text(f'{{"process": {process}, "variables": {{}}, "jaeger": ""}}')
    assert running.find(tmp_path, "orders") is None
    with running.claimed(tmp_path, "orders"):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"process": 1}', "\ufeff" * 100])
def test_a_file_that_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "orders.json").write_text(text)
    with running.claimed(tmp_path, "orders") as claim:
        assert running.find(tmp_path, "orders") is None
        claim.announce({}, "http://127.0.0.1:1")
        assert running.find(tmp_path, "orders") is not None


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = r"orders\.json cannot be written: Not a directory; another folder is named by XDG_STATE_HOME"
    with pytest.raises(LocalError, match=told), running.claimed(tmp_path / "file" / "folder", "orders"):
        pass


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HOME": "/h", "XDG_STATE_HOME": "/x"}, "/x/tracedpipeline"),
        ({"HOME": "/h", "XDG_STATE_HOME": ""}, "/h/.local/state/tracedpipeline"),
    ],
)
def test_the_folder_is_the_users(environment: dict[str, str], expected: str) -> None:
    assert running.folder(environment) == Path(expected)
