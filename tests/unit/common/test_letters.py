import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from traced_common import letters

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_binary = st.none() | st.binary(max_size=100) | st.integers(0, 2_000_000).map(bytes)


def test_a_letter_that_fits_is_as_it_was() -> None:
    letter = letters.write("key", b"value", [("tenant", b"acme")], [("reason", "no order"), ("offset", 7)])
    assert letters.fit(letter, letter.size) is letter
    assert letter[:2] == (b"key", b"value")
    assert letter.headers + letter.about == [
        ("tenant", b"acme"),
        ("dead-letter.reason", b"no order"),
        ("dead-letter.offset", b"7"),
    ]


def test_texts_that_utf_8_does_not_have_can_be_sent() -> None:
    letter = letters.write("\ud800", "\ud800", [("\ud800", "\ud800")], [("reason", "\ud800")])
    assert letter == (b"?", b"?", [("?", b"?")], [("dead-letter.reason", b"?")])


@pytest.mark.parametrize("large", ["key", "value", "headers", "reason"])
def test_what_is_too_large_is_cut_and_the_rest_stays(large: str) -> None:
    size = {large: 3_000_000}
    letter = letters.write(
        b"k" * size.get("key", 1),
        b"v" * size.get("value", 1),
        [("large", b"h" * size.get("headers", 1)), ("traceparent", TRACEPARENT)],
        [("reason", "r" * size.get("reason", 1)), ("offset", 7)],
    )
    cut = letters.fit(letter, 1_000_000)
    assert cut.size <= 1_000_000
    assert ("traceparent", TRACEPARENT) in cut.headers
    assert ("dead-letter.offset", b"7") in cut.about
    assert any(name == "dead-letter.truncated" for name, _ in cut.about) == (large != "reason")
    assert (cut.key == b"k") == (large != "key")
    assert (cut.value == b"v") == (large != "value")
    assert (("large", b"h") in cut.headers) == (large != "headers")


@given(key=_binary, value=_binary, headers=st.lists(st.tuples(st.text(max_size=9), _binary), max_size=3))
@example(None, None, [("traceparent", bytes(2_000_000))])
def test_every_letter_fits_into_three_kilobytes(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    letter = letters.write(key, value, headers, [("reason", "r" * 5_000), ("topic", "t" * 249), ("group", "g" * 249)])
    cut = letters.fit(letter, 3_000)
    assert cut.size <= 3_000
    assert ((cut.key is None), (cut.value is None)) == ((key is None), (value is None))
