"""What Secrets and ConfigMaps hold, from a folder with a folder for each and a file for each key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracedpipeline.local.errors import LocalError


@dataclass(frozen=True)
class Folder:
    """The folder, if there is one."""

    path: Path | None

    def value(self, name: str, key: str) -> str:
        """Return a key's text."""
        try:
            return self._content(name, key).decode()
        except UnicodeDecodeError:
            raise LocalError(f"key {key!r} of {name!r} in {self.path} is no UTF-8 text: write it again") from None

    def contents(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, dict[str, bytes]]:
        """Return the keys of several Secrets."""
        return {name: {key: self._content(name, key) for key in keys} for name, keys in wanted.items()}

    def _content(self, name: str, key: str) -> bytes:
        if self.path is None:
            where = f"put it into a file FOLDER/{name}/{key}, and give --secrets FOLDER"
            raise LocalError(f"the spec takes key {key!r} of {name!r}: {where}")
        file = self.path / name / key
        try:
            return file.read_bytes()
        except OSError as error:
            raise LocalError(f"the spec takes key {key!r} of {name!r}: {file}: {error.strerror}") from error
