"""Where the job goes on from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Flink writes it last, and in one go: a folder with this file in it is complete.
_METADATA: Final = "_metadata"
CHECKPOINTS: Final = "checkpoints"
SAVEPOINTS: Final = "savepoints"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A checkpoint, which Flink may delete when it has a newer one, or a savepoint, which is its owner's."""

    path: Path
    is_savepoint: bool

    @property
    def claim_mode(self) -> str:
        """Say who deletes it: see Flink's execution.state-recovery.claim-mode."""
        return "NO_CLAIM" if self.is_savepoint else "CLAIM"


def newest(state: Path) -> Snapshot | None:
    """Find the newest complete snapshot below a folder; OSError when it can't be read."""
    found = [
        (metadata.stat().st_mtime_ns, Snapshot(metadata.parent, is_savepoint=folder == SAVEPOINTS))
        for folder, pattern in ((CHECKPOINTS, f"*/chk-*/{_METADATA}"), (SAVEPOINTS, f"*/{_METADATA}"))
        for metadata in (state / folder).glob(pattern)
    ]
    return max(found, key=lambda each: each[0])[1] if found else None
