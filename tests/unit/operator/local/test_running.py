import os
import subprocess
import sys
from pathlib import Path

import pytest
from tracedpipeline.local import running
from tracedpipeline.local.running import Running


def test_it_is_found_while_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / "running"
    variables = {"KAFKA_TOPIC": "orders", "REGION_SECRET": "north"}
    assert running.find(folder, "orders") is None
    with running.announced(folder, "orders", variables, "http://127.0.0.1:1"):
        found = running.find(folder, "orders")
        assert found == Running(os.getpid(), {"KAFKA_TOPIC": "orders"}, "http://127.0.0.1:1")
        assert running.find(folder, "others") is None
        assert (folder / "orders.json").stat().st_mode & 0o777 == 0o600
    assert running.find(folder, "orders") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"process": 1}'])
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "orders.json").write_text(text)
    assert running.find(tmp_path, "orders") is None


def test_one_that_was_killed_is_not_running(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    text = f'{{"process": {ended.pid}, "variables": {{}}, "jaeger": ""}}'
    (tmp_path / "orders.json").write_text(text)
    assert running.find(tmp_path, "orders") is None
