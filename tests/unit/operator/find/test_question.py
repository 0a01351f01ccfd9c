from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracedpipeline.find import question
from tracedpipeline.find.question import Question, QuestionError


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("customer-7", b"customer-7"),
        (r"\xff\x00a", b"\xff\0a"),
        (r"a\\xff", rb"a\xff"),
        ("é", "é".encode()),
        ("\udcff", b"\xff"),
        ("", b""),
    ],
)
def test_a_key(text: str, key: bytes) -> None:
    assert question.key(text) == key


@given(st.binary(max_size=30))
def test_what_is_shown_of_a_key_is_what_can_be_typed(key: bytes) -> None:
    assert question.key(question.shown(key)) == key
    assert question.shown(key).isprintable()


@pytest.mark.parametrize("text", [r"\q", r"\x1", r"\xzz"])
def test_a_key_with_another_escape(text: str) -> None:
    with pytest.raises(QuestionError, match="in the key"):
        question.key(text)


def test_a_place() -> None:
    assert question.place("2/1234") == (2, 1234)


@pytest.mark.parametrize("text", ["2", "2/", "-1/3", "2/3/4", "a/b", "0/9999999999999999999"])
def test_no_place(text: str) -> None:
    with pytest.raises(QuestionError, match="no place"):
        question.place(text)


def test_a_trace() -> None:
    assert question.trace("A" * 32) == "a" * 32
    with pytest.raises(QuestionError, match="32 hexadecimal digits"):
        question.trace("../services")


ESCAPES = r"expected \xNN, \n, \r, \t, \0 or \\"


@pytest.mark.parametrize(
    ("text", "said"),
    [(r"\q", rf"\q in the key: {ESCAPES}"), ("\\\udcff", f"\\\ufffd in the key: {ESCAPES}")],
    ids=["letter", "byte"],
)
def test_what_is_expected_in_a_key(text: str, said: str) -> None:
    with pytest.raises(QuestionError) as error:
        question.key(text)
    assert str(error.value) == said


def test_each_byte_of_what_cannot_be_printed_is_escaped() -> None:
    assert question.shown("a\u2028\\".encode()) == r"a\xe2\x80\xa8\\"


NOTHING: dict[str, Any] = {
    "key": None, "place": None, "trace": None, "limit": 1, "seconds": 30, "bytes": 256 * 2**20, "value": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "request_of_it"),
    [
        (Question(), {}),
        (Question(key=b""), {"key": ""}),
        (Question(key=b"k", limit=2, seconds=5, mebibytes=3, value=True),
         {"key": "aw==", "limit": 2, "seconds": 5, "bytes": 3 * 2**20, "value": True}),
        (Question(place=(2, 7)), {"place": (2, 7)}),
        (Question(trace="a" * 32), {"trace": "a" * 32}),
    ],
)  # fmt: skip
def test_what_the_reader_is_given(asked: Question, request_of_it: dict[str, Any]) -> None:
    assert asked.request() == NOTHING | request_of_it


def test_a_place_that_spans_name_comes_before_the_scan() -> None:
    assert Question(trace="a" * 32).request((1, 2)) == NOTHING | {"trace": "a" * 32, "place": (1, 2)}
