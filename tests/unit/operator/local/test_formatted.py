"""Kafka's empty data is kept whole or not at all."""

import errno
from pathlib import Path

import pytest
from tracedpipeline.local import formatted

FILES = {"bootstrap.checkpoint": bytes(range(256)), "meta.properties": b"node.id=1\n"}


def only(cache: Path) -> Path:
    (found,) = cache.iterdir()
    return found


def test_what_is_kept_is_there_for_the_next_run(tmp_path: Path) -> None:
    cache, data = tmp_path / "cache", tmp_path / "data"
    cache.mkdir()
    assert formatted.kept(cache) is None
    formatted.keep(FILES, cache)
    found = formatted.kept(cache)
    assert found == FILES
    formatted.write(found, data)
    assert formatted.read(data) == FILES


@pytest.mark.parametrize("damage", ["cut", "missing", "other", "more", "folder"])
def test_what_is_damaged_is_made_again(tmp_path: Path, damage: str) -> None:
    formatted.keep(FILES, tmp_path)
    file = only(tmp_path) / "meta.properties"
    match damage:
        case "cut":
            file.write_bytes(b"")
        case "other":
            file.write_bytes(b"node.id=2\n")
        case "more":
            (file.parent / "more").write_bytes(b"")
        case _:
            file.unlink()
    if damage == "folder":
        file.mkdir()
    assert formatted.kept(tmp_path) is None
    formatted.keep(FILES, tmp_path)
    assert formatted.kept(tmp_path) == FILES
    assert only(tmp_path).name.startswith("formatted-")


def test_a_full_disk_leaves_nothing_half_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        formatted.keep(FILES, tmp_path)
    assert list(tmp_path.iterdir()) == []
