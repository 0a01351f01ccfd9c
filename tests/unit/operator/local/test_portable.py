"""`up` is for macOS, too: nothing of Linux's own in what runs, nor of a newer bash in the scripts of `make up`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
RUNS = [
    *("operator/src/tracedpipeline", "apps/common/src", "apps/producer/src", "apps/consumer/src"),
    "apps/kafkatrace/src",
]
LINUX = {
    *("fork", "forkpty", "pidfd_open", "eventfd", "memfd_create", "getrandom", "setns", "unshare", "splice"),
    *("sched_getaffinity", "sched_setaffinity", "posix_fallocate", "setresuid", "setresgid", "sendfile"),
    *("epoll", "inotify", "prctl", "PR_SET_PDEATHSIG", "get_context", "set_start_method", "ProcessPoolExecutor"),
    *("SO_REUSEPORT", "SO_BINDTODEVICE", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "AF_NETLINK", "AF_PACKET", "accept4"),
    *("SIGRTMIN", "SIGPWR", "SIGPOLL", "SIGSTKFLT", "sigtimedwait", "pthread_setname_np", "renameat2"),
}
LINUX_PATHS = re.compile(r"^/(proc|sys|dev/shm|run)(/|$)")
# Bash 3.2 is what a Mac has: these came later.
NEW_IN_BASH = re.compile(
    r"declare -\w*[gAn]|local -\w*[nA]|mapfile|readarray|coproc|wait -n|&>>|\|&|\$\{\w+(\^|,)|\$\{\w+@|exec \{"
    r"|EPOCH(SECONDS|REALTIME)|printf '%\(|\$\{?BASHPID|shopt -s (globstar|lastpipe)|\[\[ -v|\bsrandom\b"
)
# Of GNU's and util-linux's programs alone.
NOT_ON_A_MAC = re.compile(
    r"\bflock\b|\bsetsid\b|readlink -f|\bnproc\b|sed -i |date -d|stat -c|xargs -r|grep -P|/proc/|\btimeout \d"
)


def of_linux(source: str) -> Iterator[str]:
    """Yield what a program takes that only Linux has."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name) if name in LINUX:
                yield name
            case ast.Constant(value=str(text)) if LINUX_PATHS.match(text):
                yield text


@pytest.mark.parametrize("folder", RUNS)
def test_what_up_runs_takes_nothing_that_only_linux_has(folder: str) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    found = {(path.name, name) for path in files for name in of_linux(path.read_text())}
    assert found == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os\nos.fork()", ["fork"]),
        ("from os import pidfd_open", ["pidfd_open"]),
        ("Path('/proc/self/status')", ["/proc/self/status"]),
        ("import multiprocessing as m\nm.get_context('fork')", ["get_context"]),
        ("os.killpg(1, 2)\n'/process'\nimport multiprocessing.util", []),
    ],
)
def test_what_only_linux_has_is_recognised(source: str, found: list[str]) -> None:
    assert list(of_linux(source)) == found


def scripts() -> dict[str, str]:
    """Return the scripts of `make up`, without the functions of lib.sh that it does not call."""
    found = {name: (ROOT / "tools" / name).read_text() for name in ("up.sh", "uv.sh", "check-extension.sh", "lib.sh")}
    for function in ("once", "at_once"):
        assert not re.search(rf"\b{function}\b", found["up.sh"])
        found["lib.sh"] = re.sub(rf"^{function}\(\) {{.*?^}}\n", "", found["lib.sh"], flags=re.MULTILINE | re.DOTALL)
    return {name: re.sub(r"(^|\s)#.*", "", text) for name, text in found.items()}


@pytest.mark.parametrize("name", ["up.sh", "uv.sh", "check-extension.sh", "lib.sh"])
def test_the_scripts_of_make_up_run_with_a_macs_bash(name: str) -> None:
    text = scripts()[name]
    assert [found[0] for found in NEW_IN_BASH.finditer(text)] == []
    assert [found[0] for found in NOT_ON_A_MAC.finditer(text)] == []
