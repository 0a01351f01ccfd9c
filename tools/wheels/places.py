"""Where things are, and how programs are run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "apps" / "kafkatrace"
WORK: Final = ROOT / ".cache" / "wheels"
DIST: Final = ROOT / "dist"
UV: Final = ROOT / "tools" / "uv.sh"


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """Return what a program printed; SystemExit with that where it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def tool(name: str, *arguments: str | Path, cwd: Path | None = None) -> str:
    """Run a tool of the dependency group `wheels`."""
    return run(sys.executable, "-m", name, *arguments, cwd=cwd)
