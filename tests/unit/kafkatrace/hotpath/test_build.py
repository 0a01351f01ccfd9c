"""The C extension that `make setup` builds: it is there, and hardened."""

import shutil
import struct
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
BUILDABLE = shutil.which("cc") is not None and Path(sysconfig.get_paths()["include"], "Python.h").exists()

pytestmark = [
    pytest.mark.skipif(not BUILDABLE, reason="needs a C compiler and Python's headers"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads ELF"),
]

# https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html
DYNAMIC, GNU_RELRO = 2, 0x6474E552
FLAGS, FLAGS_1 = 30, 0x6FFFFFFB
BIND_NOW, NOW = 8, 1


@pytest.fixture(scope="module")
def extension() -> bytes:
    found = find_spec("kafkatrace._speedups")
    assert found is not None, "not built: tools/check-extension.sh tells how to see why"
    assert found.origin is not None
    return Path(found.origin).read_bytes()


def _segments(elf: bytes) -> Iterator[tuple[int, int, int]]:
    """Return type, offset and size of each segment of a 64-bit little-endian file."""
    assert elf[:6] == b"\x7fELF\x02\x01"
    (start,) = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    for at in range(start, start + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", elf, at)
        yield kind, offset, length


def _dynamic(elf: bytes) -> dict[int, int]:
    (segment,) = (elf[offset : offset + size] for kind, offset, size in _segments(elf) if kind == DYNAMIC)
    return dict(struct.iter_unpack("<qQ", segment))


def test_every_symbol_is_bound_before_the_table_of_them_is_made_read_only(extension: bytes) -> None:
    flags = _dynamic(extension)
    assert flags.get(FLAGS, 0) & BIND_NOW or flags.get(FLAGS_1, 0) & NOW
    assert GNU_RELRO in {kind for kind, _, _ in _segments(extension)}


def test_the_stack_is_protected(extension: bytes) -> None:
    assert b"\0__stack_chk_fail\0" in extension


@pytest.mark.parametrize("flag", ["-Werror", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-DNDEBUG", "-fwrapv"])
def test_our_builds_ask_for_it(flag: str) -> None:
    assert flag in _flags(ROOT)["CFLAGS"].split()


def test_the_flink_consumer_is_built_alike() -> None:
    assert _flags(ROOT) == _flags(ROOT / "apps/flink-consumer")


def _flags(project: Path) -> dict[str, str]:
    settings = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["uv"]
    flags: dict[str, str] = settings["extra-build-variables"]["kafkatrace"]
    return flags
