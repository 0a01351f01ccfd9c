from pathlib import Path

import pytest
from traced_common.environment import (
    Kind,
    SettingsError,
    file_text,
    matching,
    one_of,
    positive,
    reading,
    whole,
)

WORD: Kind[str] = matching(r"[a-z]+", "a word")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (whole(1, 10), "10", 10),
        (whole(0, 10), " 007 ", 7),
        (positive(100), "0.5", 0.5),
        (positive(100), "1e2", 100.0),
        (one_of("INFO", "DEBUG"), "info", "INFO"),
        (WORD, "abc", "abc"),
    ],
)
def test_reads_good_values(kind: Kind[object], text: str, value: object) -> None:
    with reading({"X": text}) as environment:
        assert environment.read("X", kind) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (whole(1, 10), "0"),
        (whole(1, 10), "11"),
        (whole(1, 10), "-1"),
        (whole(1, 10), "1.0"),
        (whole(1, 10), "1_0"),
        (whole(1, 10), "٣"),
        (whole(1, 10), "9" * 5000),
        (positive(100), "0"),
        (positive(100), "-3"),
        (positive(100), "101"),
        (positive(100), "nan"),
        (positive(100), "inf"),
        (positive(100), "fast"),
        (one_of("INFO", "DEBUG"), "LOUD"),
        (WORD, "abc\nabc"),
    ],
)
def test_names_bad_values(kind: Kind[object], text: str) -> None:
    with pytest.raises(SettingsError) as failure, reading({"X": text}) as environment:
        environment.read("X", kind)
    assert f"X={text[:80]!r}: expected {kind.expected}" in str(failure.value)


def test_names_all_that_are_wrong_at_once() -> None:
    with pytest.raises(SettingsError) as failure, reading({"A": "0", "B": "", "C": "1"}) as environment:
        for name in ("A", "B", "C"):
            environment.read(name, whole(1, 9))
    assert str(failure.value).splitlines() == [
        "wrong settings:",
        "  A='0': expected a whole number from 1 to 9",
        "  B is not set: expected a whole number from 1 to 9",
    ]


def test_takes_the_default_for_unset_and_empty() -> None:
    with reading({"A": ""}) as environment:
        assert environment.read("A", whole(1, 9), 5) == 5
        assert environment.read("B", whole(0, 9), 0) == 0
        assert environment.read_optional("B", whole(0, 9)) is None


def test_file_text_keeps_all_but_the_line_end(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(" pass word \r\n")
    assert file_text(tmp_path / "password") == " pass word "


def test_file_text_never_shows_the_content(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"secret\xff")
    with pytest.raises(ValueError, match=r"^password: not UTF-8$") as failure:
        file_text(tmp_path / "password")
    assert failure.value.__cause__ is None
