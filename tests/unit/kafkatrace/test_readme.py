import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[3] / "apps" / "kafkatrace" / "README.md"


def test_the_quick_start_runs_as_it_stands() -> None:
    block = re.search(r"## Quick start.*?```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert block is not None
    command = [sys.executable, "-W", "error", "-c", block[1]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("FlushResult(exported=3, dropped=0)")
    assert re.findall(r'"name": "(\w+) orders"', done.stdout) == ["send", "process", "queue"]
