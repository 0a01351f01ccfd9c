import math
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.spans import protobuf
from opentelemetry.exporter.otlp.proto.common._internal import _encode_attributes
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TAG = b"\x4a"  # Span.attributes
_TEXT = st.text(st.characters(codec="utf-8"))
_INT_64 = st.integers(-(2**63), 2**63 - 1)
_SCALAR = st.none() | _TEXT | st.booleans() | _INT_64 | st.floats(allow_nan=False) | st.binary()
_VALUE = st.recursive(
    _SCALAR,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(_TEXT.filter(bool), inner),
    max_leaves=12,
)


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 7


def read(encoded: bytes) -> AnyValue:
    value: AnyValue = AnyValue.FromString(encoded)
    return value


def span_of(attributes: bytes) -> Span:
    span: Span = Span.FromString(attributes)
    return span


def the_one(attributes: bytes) -> KeyValue:
    pair: KeyValue
    (pair,) = span_of(attributes).attributes
    return pair


def by_the_sdk(pairs: Mapping[str, object]) -> Span:
    return Span(attributes=_encode_attributes(pairs))  # type: ignore[arg-type] # odd values are the point


@given(st.dictionaries(_TEXT.filter(bool), _VALUE, max_size=5))
def test_attributes_are_those_of_the_sdk(pairs: dict[str, object]) -> None:
    ours = protobuf.attributes(TAG, pairs)
    assert span_of(ours) == by_the_sdk(pairs)
    assert ours == by_the_sdk(pairs).SerializeToString(), "byte for byte"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "string_value"),
        ("Amélie 🚀", "string_value"),
        (Colour.RED, "string_value"),
        (False, "bool_value"),
        (True, "bool_value"),
        (0, "int_value"),
        (-1, "int_value"),
        (127, "int_value"),
        (128, "int_value"),
        (2**63 - 1, "int_value"),
        (-(2**63), "int_value"),
        (Level.HIGH, "int_value"),
        (0.0, "double_value"),
        (-1.5, "double_value"),
        (math.inf, "double_value"),
        (b"", "bytes_value"),
        (b"\xff\x00", "bytes_value"),
        ([], "array_value"),
        ((1, "a", None, [b"x", {}]), "array_value"),
        ({}, "kvlist_value"),
        ({"a": {"b": [None, -1]}}, "kvlist_value"),
        (MappingProxyType({"a": 1}), "kvlist_value"),
        (None, None),
    ],
)
def test_every_kind_of_value(value: object, kind: str | None) -> None:
    encoded = read(protobuf.value(value))
    assert encoded.WhichOneof("value") == kind
    assert encoded == by_the_sdk({"k": value}).attributes[0].value


def test_not_a_number_stays_one() -> None:
    assert math.isnan(read(protobuf.value(math.nan)).double_value)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30])
def test_an_integer_of_more_than_64_bits_is_written_out_instead_of_cut(number: int) -> None:
    assert read(protobuf.value(number)).string_value == str(number)


def test_what_is_no_value_is_written_as_its_text() -> None:
    assert read(protobuf.value(1 + 2j)).string_value == "(1+2j)"
    assert read(protobuf.value({"a": {1}})).kvlist_value.values[0].value.string_value == "{1}"


@pytest.mark.parametrize("half", ["\ud800", "\udfff", "a\udc00b"])
def test_half_a_surrogate_pair_becomes_a_question_mark(half: str) -> None:
    shown = "".join("?" if "\ud800" <= each <= "\udfff" else each for each in half)
    assert read(protobuf.value(half)).string_value == shown
    pair = the_one(protobuf.attributes(TAG, {half: half}))
    assert (pair.key, pair.value.string_value) == (shown, shown)
    assert read(protobuf.value({half: 1})).kvlist_value.values[0].key == shown


def test_keys_of_maps_that_are_no_text_become_text() -> None:
    assert read(protobuf.value({1: "a"})).kvlist_value.values[0].key == "1"


@given(st.integers(0, 2**64 - 1))
def test_a_varint_is_read_back(number: int) -> None:
    assert read(b"\x18" + protobuf.varint(number)).int_value == (number if number < 2**63 else number - 2**64)
    assert len(protobuf.varint(number)) == max(1, math.ceil(number.bit_length() / 7))


@pytest.mark.parametrize("number", [0, 1, 127, 128, 4095, 4096, 2**21 - 1, 2**21])
def test_a_varint_at_each_limit_of_its_tables(number: int) -> None:
    assert read(b"\x18" + protobuf.varint(number)).int_value == number


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65])
def test_a_text_attribute_at_the_limit_of_its_table(length: int) -> None:
    assert the_one(protobuf.Text(TAG, "k")(b"x" * length)).value.string_value == "x" * length


class Loud(str):
    """A text that shows itself otherwise."""

    def __str__(self) -> str:
        return self.upper()


def test_a_text_is_written_as_it_is_and_not_as_it_shows_itself() -> None:
    assert read(protobuf.value(Loud("quiet"))).string_value == "quiet"


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 70_000])
def test_every_length_of_a_field(length: int) -> None:
    assert read(protobuf.value("x" * length)).string_value == "x" * length
    assert read(protobuf.value(b"x" * length)).bytes_value == b"x" * length
    assert the_one(protobuf.attributes(TAG, {"k" * max(length, 1): 1})).value.int_value == 1


_KEY = st.text(st.characters(codec="utf-8"), max_size=40) | st.integers(100, 140).map("k".__mul__)


@given(_KEY, _INT_64)
def test_an_int_attribute_is_as_in_the_general_way(key: str, number: int) -> None:
    assert protobuf.Int(TAG, key)(number) == protobuf.attributes(TAG, {key: number})


@pytest.mark.parametrize("bits", range(64))
def test_an_int_of_every_length(bits: int) -> None:
    for number in (1 << bits) - 1, -(1 << bits):
        for size in (1, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 16_370, 16_380):
            pair = the_one(protobuf.Int(TAG, "k" * size)(number))
            assert (len(pair.key), pair.value.int_value) == (size, number)


@given(_KEY | st.integers(100, 140).map("é".__mul__), st.floats(allow_nan=False))
def test_a_double_attribute_is_as_in_the_general_way(key: str, number: float) -> None:
    assert protobuf.Double(TAG, key)(number) == protobuf.attributes(TAG, {key: number})
    assert the_one(protobuf.Double(TAG, key)(number)).value.double_value == number


@given(_KEY, _TEXT | st.integers(100, 140).map("x".__mul__) | st.integers(16_370, 16_390).map("x".__mul__))
def test_a_text_attribute_is_as_in_the_general_way(key: str, text: str) -> None:
    assert protobuf.Text(TAG, key)(text.encode()) == protobuf.attributes(TAG, {key: text})
    assert the_one(protobuf.Text(TAG, key)(text.encode())).value.string_value == text
