"""Why the job can't begin, where Kubernetes looks for it: Java's last log lines only say that Python has ended.

https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from pathlib import Path
from typing import Final

_FILE: Final = Path("/dev/termination-log")
_MOST_BYTES: Final = 4096  # Kubernetes keeps no more


def write(error: Exception, file: Path = _FILE) -> None:
    """Write the error with its causes, the innermost last; outside of a pod there is no such file."""
    if file.exists():
        file.write_bytes(causes(str(error)).encode()[-_MOST_BYTES:])


def causes(text: str) -> str:
    """Return what a stack trace says without where it was."""
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith((" ", "\t")))
