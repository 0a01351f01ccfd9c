"""What strangers put in a record's headers: each case is a list of headers, as Message.headers() gives them."""

from typing import Final

Value = str | bytes | None
Headers = list[tuple[str, Value]]

TRACE: Final = b"0af7651916cd43dd8448eb211c80319c"
SPAN: Final = b"b7ad6b7169203331"
VALID: Final = b"00-" + TRACE + b"-" + SPAN + b"-01"
STATE: Final = b"rojo=00f067aa0ba902b7,tenant@congo=t61rcWkgMzE"
BAGGAGE: Final = b"user=Am%C3%A9lie,tenant=7;ttl=1"
OTHER: Final = b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-00"
_NOT_UTF_8: Final = b"\xff\xfe\xfd"


def parent(value: Value) -> Headers:
    """A traceparent with good company."""
    return [("traceparent", value), ("tracestate", STATE), ("baggage", BAGGAGE)]


def state(value: Value) -> Headers:
    """A tracestate, likewise."""
    return [("traceparent", VALID), ("tracestate", value), ("baggage", BAGGAGE)]


def pairs(value: Value) -> Headers:
    """Baggage, likewise."""
    return [("traceparent", VALID), ("tracestate", STATE), ("baggage", value)]


TRACEPARENTS: Final[dict[str, Value]] = {
    "valid": VALID,
    "text": VALID.decode(),
    "unsampled": VALID[:-2] + b"00",
    "random": VALID[:-2] + b"03",
    "unknown flags": VALID[:-2] + b"ff",
    "unknown flags of the second digit": VALID[:-2] + b"10",
    "unknown flags of an unsampled one": VALID[:-2] + b"04",
    "ids that end in zeros": b"00-" + b"1".ljust(32, b"0") + b"-" + b"1".ljust(16, b"0") + b"-01",
    "ids that begin with zeros": b"00-" + b"1".rjust(32, b"0") + b"-" + b"1".rjust(16, b"0") + b"-01",
    "none": None,
    "empty": b"",
    "no text": _NOT_UTF_8,
    "no text of the right length": b"\xff" * 55,
    "half a surrogate": "\ud800",
    "other digits": VALID.decode().replace("0", "\u0660"),  # ARABIC-INDIC DIGIT ZERO: int() would take it
    "upper case": VALID.upper(),
    "version ff": b"ff" + VALID[2:],
    "version in upper case": b"0A" + VALID[2:],
    "zero trace": b"00-" + b"0" * 32 + b"-" + SPAN + b"-01",
    "zero span": b"00-" + TRACE + b"-" + b"0" * 16 + b"-01",
    "too long": VALID + b"-more",
    "too short": VALID[:-1],
    "newline": VALID + b"\n",
    "nul": VALID + b"\x00",
    "spaces": b" " + VALID + b" ",
    "signs": b"00-+" + TRACE[1:] + b"-" + SPAN + b"-01",
    "underscores": b"00-0a_7" + TRACE[4:] + b"-" + SPAN + b"-01",
    "only dashes": b"-" * 55,
    "a future version": b"01" + VALID[2:],
    "a longer future version": b"01" + VALID[2:] + b"-what-the-future-brings",
    "a future version without a dash": b"01" + VALID[2:] + b"x",
    "a future version that is too long": b"01" + VALID[2:] + b"-" + b"x" * 500,
    "a future version with no text": b"cc" + VALID[2:] + b"-" + _NOT_UTF_8,
    "one megabyte": b"0" * 1_000_000,
}
TRACESTATES: Final[dict[str, Value]] = {
    "none": None,
    "empty": b"",
    "text": "rojo=1",
    "no text": b"rojo=" + _NOT_UTF_8,
    "half a surrogate": "rojo=\udfff",
    "only commas": b"," * 1_000,
    "32 members": b",".join(b"k%d=1" % n for n in range(32)),
    "33 members": b",".join(b"k%d=1" % n for n in range(33)),
    "twice the same": b"a=1,a=2",
    "the longest key": b"k" * 256 + b"=1",
    "a key that is too long": b"k" * 257 + b"=1",
    "the longest tenant": b"t" * 241 + b"@" + b"s" * 14 + b"=1",
    "a tenant that is too long": b"t" * 242 + b"@s=1",
    "the longest value": b"k=" + b"v" * 256,
    "a value that is too long": b"k=" + b"v" * 257,
    "spaces in values": b"k= v v",
    "a value of spaces": b"k=" + b" " * 255,
    "blanks around members": b" \ta=1\t , b=2 ",
    "upper case": b"Rojo=1",
    "a key that begins with a digit": b"1a=1",
    "equals in a value": b"a=b=c",
    "delete in a value": b"a=1\x7f1",
    "the longest list": b",".join(b"k%03d" % n + b"k" * 252 + b"=" + b"v" * 256 for n in range(32)),
    "within 8 KiB": b",".join(b"k%03d" % n + b"k" * 100 + b"=" + b"v" * 150 for n in range(32)),
    "one megabyte": b"a=1," * 250_000,
}
BAGGAGES: Final[dict[str, Value]] = {
    "none": None,
    "empty": b"",
    "text": "user=Amélie",
    "escaped": b"user=Am%C3%A9lie%20%2B%2C%3B",
    "escapes that are no UTF-8": b"user=%FF%FE",
    "escapes that are none": b"user=%zz%1",
    "escaped controls": b"user=%00%0A%0D,%00=1",
    "no text": b"user=" + _NOT_UTF_8,
    "half a surrogate": "user=\ud800",
    "plus and space": b"plus=a+b,space=a%20b",
    "only commas": b"," * 8_192,
    "180 members": b",".join(b"k%d=1" % n for n in range(180)),
    "181 members": b",".join(b"k%d=1" % n for n in range(181)),
    "twice the same": b"a=1,a=2",
    "properties": b"a=1;p;q=2;;=,b=2;" + b"x" * 100,
    "quotes": b'a="q"',
    "8 KiB": b"a=" + b"x" * 8_190,
    "8 KiB and one": b"a=" + b"x" * 8_191,
    "a member of 5,000": b"a=" + b"x" * 5_000 + b",b=2",
    "what grows when it is read": b"a=" + b"%FF" * 2_700,
    "what grows when it is written": b"a=" + b'"%22' * 1 + b"%2C" * 2_700,
    "blanks before what is wrong": b"a=" + b" " * 8_180 + b"\x00",
    "blanks everywhere": b" \t a \t = \t 1 \t ; \t p \t , \t b = 2",
    "one megabyte": b"a=1," * 250_000,
    "one megabyte of one": b"a=" + b"x" * 1_000_000,
}
CORPUS: Final[dict[str, Headers | None]] = {
    **{f"traceparent: {name}": parent(value) for name, value in TRACEPARENTS.items()},
    **{f"tracestate: {name}": state(value) for name, value in TRACESTATES.items()},
    **{f"baggage: {name}": pairs(value) for name, value in BAGGAGES.items()},
    "no headers": None,
    "an empty list": [],
    "all three are no text": [(name, _NOT_UTF_8) for name in ("traceparent", "tracestate", "baggage")],
    "names in another case": [("Traceparent", VALID), ("TRACESTATE", STATE), ("Baggage", BAGGAGE)],
    "names with blanks": [(" traceparent", VALID), ("traceparent ", OTHER)],
    "a name that is empty": [("", VALID)],
    "twice, the last valid": [("traceparent", b"x"), ("traceparent", VALID)],
    "twice, the last malformed": [("traceparent", VALID), ("traceparent", b"x")],
    "twice, the last none": [("traceparent", VALID), ("traceparent", None)],
    "twice, both valid": [
        ("traceparent", OTHER),
        ("tracestate", b"a=1"),
        ("traceparent", VALID),
        ("tracestate", b"b=2"),
    ],
    "a hundred of each": [(name, value) for name, value in parent(VALID) for _ in range(100)],
    "hundreds of others": [*((f"x-{n}", b"%d" % n) for n in range(700)), *parent(VALID)],
    "state and baggage alone": [("tracestate", STATE), ("baggage", BAGGAGE)],
    "names that are not ASCII": [("tracepar\u0435nt", OTHER), ("\u202etraceparent", OTHER), *parent(VALID)],
    "what a dead-letter queue adds": [
        *parent(VALID),
        ("__connect.errors.exception.message", "\u00e9".encode("latin-1")),
    ],
}
