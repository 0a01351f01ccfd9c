import pytest
from kafkatrace.context.headers import Value, last, replaced


def test_the_last_of_equal_names_wins() -> None:
    assert last([("a", b"1"), ("b", b"2"), ("a", b"3")], {"a"}) == {"a": b"3"}


def test_names_are_case_sensitive_as_in_kafka() -> None:
    assert last([("A", b"1")], {"a"}) == {}


@pytest.mark.parametrize("odd", [None, "text", 7, [("a",)], [None, 1, ["a", b"1"]], [(b"a", b"1")], (("a", b"1"),)])
def test_what_is_no_header_is_passed_over(odd: object) -> None:
    assert last(odd, {"a"}) == {}


def test_replaces_instead_of_appending() -> None:
    given: list[tuple[str, Value]] = [("a", b"old"), ("keep", "x"), ("a", b"older")]
    assert replaced(given, [("a", b"new")], {"a"}) == [("keep", "x"), ("a", b"new")]
    assert given == [("a", b"old"), ("keep", "x"), ("a", b"older")]


def test_takes_a_dict() -> None:
    given: dict[str, Value] = {"a": b"old", "keep": None}
    assert replaced(given, [("a", b"new")], {"a"}) == [("keep", None), ("a", b"new")]
    assert given == {"a": b"old", "keep": None}


def test_leaves_what_confluent_refuses_to_confluent() -> None:
    assert replaced((("a", b"1"),), [("a", b"new")], {"a"}) == (("a", b"1"),)
    assert replaced([("odd",)], [("a", b"new")], {"a"}) == [("odd",), ("a", b"new")]
