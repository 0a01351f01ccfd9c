"""What Kubernetes keeps of a process that ended: the message that `kubectl describe pod` and the operator show.

https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from pathlib import Path
from typing import Final

_FILE: Final = Path("/dev/termination-log")
_MOST_BYTES: Final = 4096  # Kubernetes keeps no more


def write(text: str) -> None:
    """Write why the process ends, in place of what was there; outside of a pod there is no such file."""
    if _FILE.exists():
        _FILE.write_bytes(text.encode("utf-8", "backslashreplace")[-_MOST_BYTES:])
