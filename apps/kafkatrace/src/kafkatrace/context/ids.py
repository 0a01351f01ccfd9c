"""Random trace and span ids as W3C text, made in bulk: one by one they cost more than the rest of a send span."""

import os
from typing import Final
from weakref import WeakSet

_BATCH: Final = 256
_LENGTH: Final = 55  # bytes of a traceparent
_BLANK: Final = (b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00") * _BATCH
_DIGITS: Final = (*range(3, 35), *range(36, 52))  # where the ids lie in it
_FLAGS: Final = 54
_SAMPLED: Final = ord("3")  # the trace is sampled, and its id is random (W3C Trace Context level 2)
_UNSAMPLED: Final = ord("2")
_ALL: Final = 1 << 64


class Roots:
    """Traceparents of new traces with the sampling decision in their flags: `ratio` of them are sampled.

    The decision is that of the SDK's TraceIdRatioBased: the low 64 bits of the trace id below a bound.
    """

    def __init__(self, ratio: float) -> None:
        self._bound = round(ratio * _ALL)
        self.ready: list[bytes] = []
        _pools.add(self)

    def take(self) -> bytes:
        """Return one that was never given before, in this process or in another."""
        try:
            return self.ready.pop()
        except IndexError:
            first, *rest = self._make()
            self.ready.extend(rest)
            return first

    def samples(self, traceparent: bytes) -> bool:
        """Decide for the trace of a span that began elsewhere."""
        return self._sampled(traceparent[3:35])

    def _sampled(self, trace_id: bytes) -> bool:
        return int(trace_id[16:], 16) < self._bound

    def _make(self) -> list[bytes]:
        digits = os.urandom(24 * _BATCH).hex().encode()
        text = bytearray(_BLANK)
        for column, place in enumerate(_DIGITS):  # a column of all traceparents at once
            text[place::_LENGTH] = digits[column::48]
        text[_FLAGS::_LENGTH] = self._flags(digits)
        made = bytes(text)
        return [made[start : start + _LENGTH] for start in range(0, len(made), _LENGTH)]

    def _flags(self, digits: bytes) -> bytes:
        if self._bound in (0, _ALL):
            return bytes((_SAMPLED if self._bound else _UNSAMPLED,)) * _BATCH
        traces = (digits[start : start + 32] for start in range(0, len(digits), 48))
        return bytes(_SAMPLED if self._sampled(trace) else _UNSAMPLED for trace in traces)


class SpanIds:
    """Span ids as 16 hexadecimal digits."""

    def __init__(self) -> None:
        self.ready: list[bytes] = []
        _pools.add(self)

    def take(self) -> bytes:
        """Return one that was never given before, in this process or in another."""
        try:
            return self.ready.pop()
        except IndexError:
            digits = os.urandom(8 * _BATCH).hex().encode()
            self.ready.extend(digits[start : start + 16] for start in range(16, len(digits), 16))
            return digits[:16]


_pools: WeakSet[Roots | SpanIds] = WeakSet()


def _forget() -> None:
    for pool in list(_pools):  # a child that kept them would give the same ids as its parent
        pool.ready.clear()


os.register_at_fork(after_in_child=_forget)
