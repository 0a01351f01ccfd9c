"""`up` on a machine that has not what only Linux has: no fork of Python's own, no epoll, no pidfd, no /proc."""

import os
from pathlib import Path

from tests.running_up import up

# Python imports it at the start of each process that has its folder on PYTHONPATH.
TAKES_AWAY = """
import os, select, socket, sys
for module, names in {
    os: ("fork", "forkpty", "pidfd_open", "eventfd", "memfd_create", "getrandom", "posix_fallocate", "sendfile"),
    select: ("epoll",),
    socket: ("SOCK_CLOEXEC", "SOCK_NONBLOCK", "SO_BINDTODEVICE"),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)

def refuse(event, arguments):
    if event == "open" and str(arguments[0]).startswith(("/proc/", "/sys/")):
        raise FileNotFoundError(2, "this machine has none", str(arguments[0]))

sys.addaudithook(refuse)
print("without what Linux has", file=sys.stderr)
"""


def test_it_needs_nothing_that_only_linux_has(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(TAKES_AWAY)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with up("--kafka", "mock", "--once", environment=environment) as running:
        status, _ = running.end()
    assert (running.lines[0], status) == ("without what Linux has", 0), running.lines
