from typing import Any

import pytest
from traced_common import letters
from traced_common.redriving import restored

CONTEXT = f"00-{'a' * 32}-{'b' * 16}-01"
OWN: list[tuple[str, str | bytes | None]] = [
    ("traceparent", CONTEXT),
    ("tenant", b"7"),
    ("tenant", b"8"),
    ("empty", None),
]
ABOUT = [("reason", "no"), ("topic", "orders"), ("partition", 1), ("offset", 7), ("group", "g")]


def letter(size: int = 10_000) -> list[Any]:
    made = letters.fit(letters.write(b"k", b"v" * 3_000, OWN, ABOUT), size)
    return [*made.headers, *made.about]


def test_a_letter_gives_its_records_own_headers_back_in_their_order() -> None:
    assert restored.headers(letter()) == [(name, v.encode() if isinstance(v, str) else v) for name, v in OWN]
    assert restored.incomplete(letter()) is None


def test_what_is_not_the_whole_record_is_not_sent_back() -> None:
    assert restored.incomplete(letter(1_000)) == "it was cut to fit the dead-letter topic"
    assert restored.incomplete([("dead-letter.headers-lost", b"")]) == "its headers could not be read"


def test_the_trace_that_the_record_was_in() -> None:
    found = restored.context(letter())
    assert found and (f"{found.trace_id:032x}", f"{found.span_id:016x}") == ("a" * 32, "b" * 16)
    assert found.trace_flags.sampled and found.is_remote


@pytest.mark.parametrize(
    "value", [b"", b"\xff", f"00-{'0' * 32}-{'b' * 16}-01", CONTEXT[:-1], f"01-{CONTEXT[3:]}", None]
)
def test_no_trace(value: str | bytes | None) -> None:
    assert restored.context([("traceparent", value)]) is None
