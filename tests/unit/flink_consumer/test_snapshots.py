import os
from pathlib import Path

from traced_flink_consumer import snapshots


def snapshot(state: Path, name: str, time: int) -> Path:
    folder = state / name
    folder.mkdir(parents=True)
    (folder / "_metadata").write_text("")
    os.utime(folder / "_metadata", (time, time))
    return folder


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert snapshots.newest(tmp_path) is None


def test_the_newest_of_all_jobs_wins(tmp_path: Path) -> None:
    snapshot(tmp_path, "checkpoints/job-1/chk-90", 1)
    newest = snapshot(tmp_path, "checkpoints/job-2/chk-7", 3)
    snapshot(tmp_path, "savepoints/savepoint-1", 2)
    found = snapshots.newest(tmp_path)
    assert found is not None
    assert (found.path, found.claim_mode) == (newest, "CLAIM")


def test_a_savepoint_stays_its_owners(tmp_path: Path) -> None:
    snapshot(tmp_path, "checkpoints/job-1/chk-90", 1)
    newest = snapshot(tmp_path, "savepoints/savepoint-1", 2)
    found = snapshots.newest(tmp_path)
    assert found is not None
    assert (found.path, found.claim_mode) == (newest, "NO_CLAIM")


def test_one_that_is_not_complete_does_not_count(tmp_path: Path) -> None:
    complete = snapshot(tmp_path, "checkpoints/job-1/chk-1", 1)
    (tmp_path / "checkpoints/job-1/chk-2").mkdir()
    (tmp_path / "checkpoints/job-1/shared").mkdir()
    found = snapshots.newest(tmp_path)
    assert found is not None
    assert found.path == complete
