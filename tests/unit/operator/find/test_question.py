import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracedpipeline.find import question
from tracedpipeline.find.question import QuestionError


@pytest.mark.parametrize(
    ("text", "key"),
    [("customer-7", b"customer-7"), (r"\xff\x00a", b"\xff\0a"), (r"a\\xff", rb"a\xff"), ("é", "é".encode()), ("", b"")],
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
