from collections.abc import Callable
from typing import Any

import pytest
from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import DocumentError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[1]", "no JSON object"),
        ("null", "no JSON object"),
        ('{"a": NaN}', "no JSON"),
        ('{"a": -Infinity}', "no JSON"),
        ('{"a": 1' + "0" * 5000 + "}", "no JSON"),
        ('{"a": -1' + "0" * 20 + "}", "no JSON"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
        ('{"a": [' + "0," * documents.MOST_VALUES + "0]}", "more than 120000 values"),
    ],
    ids=["nothing", "half", "list", "null", "NaN", "infinity", "5000 digits", "21 digits", "deep", "many"],
)
def test_what_is_no_document(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=f"^{words}$"):
        documents.parse(text)


def test_a_document() -> None:
    assert documents.parse('{"a": [1, {}]}') == {"a": [1, {}]}


def test_as_many_values_as_allowed_and_any_text() -> None:
    assert (
        len(documents.parse('{"a": [' + "0," * (documents.MOST_VALUES - 2) + "0]}")["a"]) == documents.MOST_VALUES - 1
    )
    assert documents.parse('{"a": "' + "X" * documents.MOST_VALUES + '"}')["a"].startswith("XX")


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (documents.mapping, {"k": 1}, [1, "x", [], True]),
        (documents.mappings, [{}], [1, "x", {}, [1], [{}, None]]),
        (documents.text, "x", [1, [], {}, True, None]),
        (documents.identifier, "a1", [1, [], None, "", "a/b", "a b", "..", "a" * 65, "é"]),
        (documents.whole, 5, [1.5, 1e999, True, "x", "", "-", "1" * 20, 2**63, [], {}, None, "٣"]),
    ],
    ids=["mapping", "mappings", "text", "identifier", "whole"],
)
def test_a_value_of_another_type_is_named(read: Callable[..., Any], good: Any, bad: list[Any]) -> None:
    assert read({"k": good}, "k") == good
    for value in bad:
        with pytest.raises(DocumentError, match=r"^k is no "):
            read({"k": value}, "k")


def test_what_is_missing() -> None:
    for document in ({}, {"k": None}):
        assert documents.mapping(document, "k") == {}
        assert documents.mappings(document, "k") == []
        assert documents.text(document, "k", "default") == "default"
        assert documents.whole(document, "k", 3) == 3


def test_a_number_may_be_in_quotes() -> None:
    assert documents.whole({"k": "1767225600000000000"}, "k") == 1_767_225_600_000_000_000
    for largest in (2**63 - 1, 1 - 2**63):
        assert documents.whole({"k": largest}, "k") == largest
