"""The run ends when nobody reads it any more, and says so nobody; a result that cannot be written is a fault."""

import subprocess
import sys
from pathlib import Path

import pytest
from tracedpipeline.local.terminal import Terminal

TELLS = """
from tracedpipeline.local.terminal import Terminal
gone = []
terminal = Terminal(lambda: gone.append("gone"))
terminal.tell("one")
input()
terminal.tell("two")
terminal.tell("three")
print(gone, terminal.is_there)
"""
SHOWS = """
from tracedpipeline.local import terminal
try:
    terminal.show("a trace")
except terminal.LocalError as error:
    raise SystemExit(str(error))
"""


def test_a_reader_that_is_gone_is_noticed_once() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", TELLS], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as tells:
        assert tells.stdin and tells.stdout and tells.stderr
        assert tells.stderr.readline() == "one\n"
        tells.stderr.close()
        tells.stdin.write("\n")
        tells.stdin.close()
        assert tells.stdout.read() == "['gone'] False\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file whose disk is always full is Linux's")
def test_a_result_for_a_full_disk_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", SHOWS], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    told = "the trace cannot be written to standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_all_is_told_while_somebody_reads(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(pytest.fail)
    terminal.tell("one")
    terminal.tell("two │")
    assert capsys.readouterr() == ("", "one\ntwo │\n")
