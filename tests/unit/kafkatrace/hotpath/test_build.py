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

from tools.wheels.build import without_extension
from tools.wheels.check import needed

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


def test_the_pure_wheels_project_is_the_same_without_the_extension() -> None:
    text = (ROOT / "apps/kafkatrace/pyproject.toml").read_text()
    pure, whole = tomllib.loads(without_extension(text)), tomllib.loads(text)
    assert whole["tool"]["setuptools"].pop("ext-modules")
    assert pure == whole


def test_a_project_without_an_extension_is_refused() -> None:
    with pytest.raises(SystemExit, match="0 extensions"):
        without_extension("[project]\n")


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ('the following platform tag: "manylinux_2_34_x86_64".', "manylinux_2_28_x86_64"),
        ('the following platform tag: "manylinux_2_17_aarch64".', "manylinux_2_28_x86_64"),
        ('the following platform tag: "manylinux_2_17_x86_64".', "musllinux_1_2_x86_64"),
        ('the following platform tag: "linux_x86_64".', "manylinux_2_28_x86_64"),
    ],
)
def test_a_wheel_that_needs_more_than_its_tag_says_is_refused(said: str, tag: str) -> None:
    with pytest.raises(SystemExit, match=r"kafkatrace\.whl"):
        needed("kafkatrace.whl", said, tag)


def test_a_wheel_may_need_less_than_its_tag_says() -> None:
    said = 'the following platform tag: "manylinux_2_17_x86_64".'
    assert needed("kafkatrace.whl", said, "manylinux_2_28_x86_64") == "manylinux_2_17_x86_64"
