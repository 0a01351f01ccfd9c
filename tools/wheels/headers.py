"""CPython's headers for each version: of an interpreter that is here, else of Debian's package."""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.wheels.places import UV, WORK, run

VERSIONS: Final = ("3.11", "3.12", "3.13", "3.14")
_ASK: Final = "import json, sys, sysconfig; print(json.dumps([sys.executable, sysconfig.get_paths()['include']]))"
_MACHINES: Final = ("amd64", "arm64")
_DEBIAN: Final = "deb http://deb.debian.org/debian unstable main\n"


@dataclass(frozen=True)
class Python:
    """A version of CPython: the folders of its headers, and the interpreter where it is here."""

    version: str
    include: tuple[Path, ...]
    interpreter: Path | None

    @property
    def tag(self) -> str:
        """Return the wheel's tag, such as cp311."""
        return "cp" + self.version.replace(".", "")


def find(version: str) -> Python | None:
    """Return what is here of a version, or can be had; None where there are no headers."""
    return _installed(version) or _of_debian(version)


def _installed(version: str) -> Python | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [*pyenv.glob(f"versions/{version}.*/bin/python{version}"), Path(f"/usr/bin/python{version}")]
    with suppress(SystemExit):  # uv has none; it may not be the only one to look
        found = run(UV, "python", "find", "--system", "--no-project", version)
        candidates.insert(0, Path(found.strip().splitlines()[-1]))
    for candidate in filter(Path.exists, candidates):
        interpreter, include = map(Path, json.loads(run(candidate, "-c", _ASK)))
        if (include / "Python.h").exists():
            return Python(version, (include,), interpreter)
    return None


def _of_debian(version: str) -> Python | None:
    """Unpack Debian's package of the headers, which nothing of the machine's own is changed for."""
    home = WORK / "debian"
    unpacked = home / version
    include = unpacked / "usr" / "include"
    if not (include / f"python{version}" / "Python.h").exists():
        if shutil.which("apt-get") is None:
            return None
        try:
            _download(home, f"libpython{version}-dev", unpacked)
        except SystemExit:
            return None
    return Python(version, (include / f"python{version}", include), None)


def _download(home: Path, package: str, into: Path) -> None:
    for folder in ("state/lists/partial", "cache/archives/partial", "deb"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    sources = home / "sources.list"
    sources.write_text(_DEBIAN)
    options = [f"-oDir::State={home}/state", f"-oDir::Cache={home}/cache", f"-oDir::Etc::SourceList={sources}"]
    options += [f"-oAPT::Architectures::={machine}" for machine in _MACHINES]
    options += ["-oDir::Etc::SourceParts=-", "-oAPT::Sandbox::User=", "-oDir::State::status=/dev/null"]
    run("apt-get", *options, "update")
    for machine in _MACHINES:  # each has a pyconfig.h of its own, which the other headers look for
        run("apt-get", *options, "download", f"{package}:{machine}", cwd=home / "deb")
        (found,) = (home / "deb").glob(f"{package}_*_{machine}.deb")
        run("dpkg", "-x", found, into)
