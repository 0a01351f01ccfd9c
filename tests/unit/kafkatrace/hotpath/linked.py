"""Parts for objects of the C extension, each of which can refer back to what it is a part of."""

import gc
from collections.abc import Callable, Iterator
from typing import Any, Final


class Linked:
    """Anything that is called, counted with, or a receiver."""

    metrics_enabled = False

    def __init__(self) -> None:
        self.open: dict[int, Any] = {}
        self.back: Any = None

    def __call__(self, *given: Any) -> Any:
        return None

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        return 1


class _List(list[Any]):
    back: Any = None


class _Dict(dict[Any, Any]):
    back: Any = None


class _Tuple(tuple[Any, ...]):
    back: Any = None


class _Bytes(bytes):
    back: Any = None


def refer_back(part: Any, target: Any) -> None:
    """Have a part, or a part of it, refer to the target."""
    if hasattr(part, "back"):
        part.back = target
    else:
        next(each for each in gc.get_referents(part) if isinstance(each, Linked)).back = target


def parts_of(extension: Any, kind: str) -> dict[str, Any]:
    """Return new parts for an object of that type."""
    made: dict[str, Any] = {name: Linked() for name in CALLED[kind]}
    typed: dict[str, Callable[[], Any]] = {
        "account": lambda: make(extension, "Account"),
        "encoder": lambda: make(extension, "Encoder"),
        "highs": _Dict,
        "kinds": lambda: _Tuple((b"",) * 4),
        "names": lambda: _Tuple((b"o", b"k", b"q", b"e", b"l")),
        "prefixes": _Dict,
        "ready": lambda: _List([b"0123456789abcdef"] * 2),
        "span_type": lambda: type("Span", (extension.SpanFields,), {"back": None}),
        "tombstone": lambda: _Bytes(b"x"),
    }
    return made | {name: typed[name]() for name in TYPED[kind]}


def make(extension: Any, kind: str, parts: dict[str, Any] | None = None) -> Any:
    """Make an object of that type."""
    given = parts or parts_of(extension, kind)
    if kind == "Method":
        return extension.Method("produce", *given.values())
    if kind == "Polled":
        return extension.Polled(*given.values())
    return getattr(extension, kind)(**given, **SETTINGS.get(kind, {}))


SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "Process": {"metrics_enabled": True, "keeps": True, "limit": 0},
    "Sending": {"metrics_enabled": True, "keeps_errors": True},
}
CALLED: Final = {
    "Account": ("otherwise", "histograms", "received"),
    "Encoder": ("finisher", "owner"),
    "Method": ("function", "original"),
    "Polled": ("look", "no_record"),
    "Process": ("otherwise", "unreadable", "receiver", "take", "started"),
    "Sending": ("sender", "on_delivery", "put", "take", "started", "histogram"),
}
TYPED: Final = {
    "Account": (),
    "Encoder": ("prefixes", "names", "tombstone", "kinds"),
    "Method": (),
    "Polled": (),
    "Process": ("span_type", "account", "encoder", "ready", "highs"),
    "Sending": ("ready", "encoder"),
}
