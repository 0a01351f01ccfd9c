"""`guard.py FOLDER`: waits until the command that started it is gone, however that came, and leaves nothing of it.

Knows the standard library only. Its input has a line for each process group that begins (`+ID`) or has ended (`-ID`);
at the end of the input it ends those that are left, the youngest first, and removes the folder.
"""

import os
import shutil
import signal
import sys
import time

_SECONDS = 10.0
_PAUSE = 0.05


def main() -> None:
    """Read to the end of the input, then clean up; Ctrl-C is for the command, not for us."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, None] = {}
    for line in sys.stdin:
        if line.startswith("+"):
            groups[int(line)] = None
            print("ok", flush=True)
        else:
            groups.pop(-int(line), None)
    deadline = time.monotonic() + _SECONDS
    for group in reversed(groups):
        _end(group, deadline)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


def _end(group: int, deadline: float) -> None:
    """Have a process group drain while there is time, then kill it."""
    try:
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(_PAUSE)
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the second of a group that is only remains
        return


if __name__ == "__main__":
    main()
