"""Headers around the valid ones: small changes of what is right find more than noise does."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.corpus import BAGGAGE, BAGGAGES, CORPUS, OTHER, STATE, TRACEPARENTS, TRACESTATES, VALID, Headers, Value

_LONGEST: Final = 20_000  # bytes; what is longer is in test_the_corpus()


def _hex(size: int) -> SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(bytes.hex)


TRACEPARENT: Final = st.builds(
    "{}-{}-{}-{}{}".format,
    st.sampled_from(["00", "00", "00", "01", "cc", "ff"]),
    _hex(16) | st.sampled_from(["0" * 32, "0" * 31 + "1", "1" + "0" * 31]),
    _hex(8) | st.sampled_from(["0" * 16, "0" * 15 + "1", "1" + "0" * 15]),
    st.sampled_from(["00", "01", "02", "03", "ff"]) | _hex(1),
    st.sampled_from(["", "", "", "-", "-x", "x", " "]),
).map(str.encode)


def _members(keys: list[bytes], values: list[bytes], most: int) -> SearchStrategy[bytes]:
    """Lists out of what is right, nearly right and blank, for hypothesis takes its time with regular expressions."""
    blanks = (b"", b"", b" ", b"\t ")
    pool = [
        blanks[n % 4] + key + blanks[n // 2 % 3] * (n % 7 == 0) + b"=" + value + blanks[n // 3 % 4]
        for n, (key, value) in enumerate(product(keys, values))
    ]
    return st.lists(st.sampled_from([*pool, b"", b" "]), max_size=most).map(b",".join)


TRACESTATE: Final = _members(
    [b"a", b"z9_*/-", b"k" * 30, b"t1@v", b"1t@v", b"rojo", b"congo", b"o" * 256, b"q@w", b"x-y"],
    [b"1", b"a b", b"!#$%&'()*+-./:;<>?@[]^_`{|}~", b'"', b"\\", b"v" * 256, b" 1", b"0" * 16],
    34,
)
PAIRS: Final = _members(
    [b"a", b"user", b"!#$%&'*+-.^_`|~", b"k%20k", b"%2C", b"K", b"%E9", b"n" * 60, b"a+b"],
    [
        b"",
        b"1",
        b"a=b",
        b"%22%2C%3B%5C",
        b"Am%C3%A9lie",
        b"%ff",
        b"%",
        b"%zz",
        b"a+b",
        b"1;p",
        b"1 ; p = 2 ;q",
        b"(){}<>@",
        b"v" * 400,
    ],
    20,
)


def _insert(value: bytes, at: int, what: bytes) -> bytes:
    return value[: at % (len(value) + 1)] + what + value[at % (len(value) + 1) :]


def _replace(value: bytes, at: int, what: bytes) -> bytes:
    start = at % (len(value) + 1)
    return value[:start] + what + value[start + len(what) :]


def _delete(value: bytes, at: int, what: bytes) -> bytes:
    start = at % (len(value) + 1)
    return value[:start] + value[start + max(len(what), 1) :]


def _upper(value: bytes, at: int, what: bytes) -> bytes:
    return _replace(value, at, value[at % (len(value) + 1) :][:2].upper())


def _repeat(value: bytes, at: int, what: bytes) -> bytes:
    return (value + what) * (at % 40)


_CHANGES: Final[list[Callable[[bytes, int, bytes], bytes]]] = [_insert, _replace, _delete, _upper, _repeat]
_CHANGE = st.builds(
    lambda change, at, what: partial(change, at=at, what=what),
    st.sampled_from(_CHANGES),
    st.integers(0, 600),
    st.sampled_from([b"\x00", b"\xff", b"-", b",", b"=", b";", b"%", b" ", b"\n", b"0", b"A", b'"'])
    | st.binary(max_size=3),
)


def _apply(value: bytes, changes: list[Callable[[bytes], bytes]]) -> bytes:
    for change in changes:
        value = change(value)[:_LONGEST]
    return value


def _as_text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def mutated(valid: SearchStrategy[bytes], known: dict[str, Value]) -> SearchStrategy[Value]:
    """A valid value, one that was changed in up to four places, one out of the corpus, or noise."""
    changed = st.builds(_apply, valid, st.lists(_CHANGE, max_size=4))
    small = [value for value in known.values() if value is None or len(value) < _LONGEST]
    return (
        valid | changed | changed.map(_as_text) | st.sampled_from(small) | st.binary(max_size=80) | st.text(max_size=80)
    )


PARENT_VALUE: Final = mutated(TRACEPARENT | st.sampled_from([VALID, OTHER]), TRACEPARENTS)
STATE_VALUE: Final = mutated(TRACESTATE | st.just(STATE), TRACESTATES)
BAGGAGE_VALUE: Final = mutated(PAIRS | st.just(BAGGAGE), BAGGAGES)
_NAME = st.sampled_from(["traceparent", "tracestate", "baggage", "Traceparent", "traceparent ", "", "x"]) | st.text(
    max_size=12
)


def _header(name: str, value: SearchStrategy[Value]) -> SearchStrategy[tuple[str, Value]]:
    return value.map(lambda each: (name, each))


HEADER: Final = (
    _header("traceparent", PARENT_VALUE)
    | _header("tracestate", STATE_VALUE)
    | _header("baggage", BAGGAGE_VALUE)
    | st.tuples(_NAME, PARENT_VALUE | STATE_VALUE | BAGGAGE_VALUE)
)
ALL_THREE: Final[SearchStrategy[Headers]] = st.tuples(
    _header("traceparent", PARENT_VALUE), _header("tracestate", STATE_VALUE), _header("baggage", BAGGAGE_VALUE)
).map(list)
ANY: Final[SearchStrategy[Headers]] = st.lists(HEADER, max_size=8)
MIXED: Final[SearchStrategy[Headers]] = st.builds(
    lambda known, more, first: [*more, *known] if first else [*known, *more],
    st.sampled_from(
        [each for each in CORPUS.values() if each and sum(len(value or "") for _, value in each) < _LONGEST]
    ),
    ANY,
    st.booleans(),
)
