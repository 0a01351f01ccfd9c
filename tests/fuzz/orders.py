"""Strange orders: values that are nearly right, and rows of the source as Flink gives them."""

import json
from typing import Any

from hypothesis import strategies as st

_GOOD: dict[str, Any] = {
    "id": "o",
    "customer": "c",
    "amount": "1.50",
    "sequence": 1,
    "created": "2026-01-01T00:00:00+00:00",
}


def nearly(**fields: object) -> bytes:
    """Make a good order but for these fields."""
    return json.dumps({**_GOOD, **fields}).encode()


NASTY: dict[str, bytes] = {
    "an exponent beyond arithmetic": nearly(amount="1e999999999"),
    "an exponent beyond memory": nearly(amount="1e-999999999"),
    "an exponent beyond Decimal": nearly(amount="1e9999999999999999999999"),
    "a zero with an exponent": nearly(amount="0e999999999"),
    "a sum beyond arithmetic": nearly(amount="9e999999"),
    "an amount of a thousand digits": nearly(amount="1" * 1_000),
    "NaN": nearly(amount="NaN"),
    "a signalling NaN": nearly(amount="sNaN"),
    "Infinity": nearly(amount="-Infinity"),
    "a bare NaN": nearly(amount=float("nan")),
    "a bool": nearly(amount=True),
    "half a surrogate pair": nearly(customer="\ud800"),
    "half a pair in the id": nearly(id="\udfff"),
    "a NUL": nearly(customer="a\0b"),
    "a customer beyond measure": nearly(customer="ä" * 1_001),
    "an integer beyond conversion": nearly().replace(b'"sequence": 1', b'"sequence": ' + b"9" * 5_000),
    "an integer beyond 64 bits": nearly(sequence=2**63),
    "a deep list for an amount": nearly().replace(b'"1.50"', b"[" * 900 + b"]" * 900),
    "a deep list for all": b"[" * 15_000,
    "a time before time": nearly(created="0001-01-01T00:00:00+23:59"),
    "a time after time": nearly(created="9999-12-31T23:59:59-23:59"),
    "a BOM alone": b"\xef\xbb\xbf",
    "UTF-16 without end": b"\xff\xfe{",
}

KEYS = st.none() | st.binary(max_size=50)
TEXTS = st.text(st.characters(categories=None), max_size=30) | st.sampled_from(["\ud800", "\0", "x" * 5_000, "ä" * 999])
_numbers = (
    st.integers()
    | st.integers(min_value=10**4000, max_value=10**4001)
    | st.floats()
    | st.booleans()
    | st.integers(min_value=-(10**12), max_value=10**12).map(lambda exponent: f"1e{exponent}")
    | st.decimals().map(str)
)
_anything = st.recursive(
    st.none() | _numbers | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
_fields = st.fixed_dictionaries({}, optional={name: _numbers | TEXTS | _anything for name in _GOOD})
_encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])


def _encoded(fields: dict[str, Any], encoding: str) -> bytes:
    return json.dumps({**_GOOD, **fields}).encode(encoding)


VALUES = (
    st.none() | st.binary(max_size=200) | st.builds(_encoded, _fields, _encodings) | st.sampled_from([*NASTY.values()])
)
HEADERS = st.dictionaries(
    st.sampled_from(["traceparent", "tracestate", "baggage", "dead-letter.reason"]) | TEXTS,
    st.none() | st.binary(max_size=100) | st.just(b"y" * 30_000),
    max_size=4,
)
_longs = st.integers(min_value=-(2**63), max_value=2**63 - 1) | st.sampled_from([-1, 0, 2**63 - 1, -(2**63)])
ROWS = st.tuples(
    KEYS,
    VALUES,
    st.none() | HEADERS,
    st.integers(min_value=0, max_value=2**31 - 1),
    st.integers(min_value=0, max_value=2**63 - 1),
    _longs,
    st.sampled_from(["CreateTime", "LogAppendTime", "NoTimestampType"]),
    _longs,
)
_sums = st.sampled_from(["0", "NaN", "1E+999999", "-9E+999999999", "Infinity", "", "x"]) | st.decimals().map(str)
_windows = st.none() | st.tuples(_longs, _longs, _sums, st.binary(max_size=100)) | st.just(())
STATES = st.none() | st.tuples(_longs, _sums, _windows) | st.just(()) | st.just("not a state")
