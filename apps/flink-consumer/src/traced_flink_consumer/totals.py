"""A customer's running total, and the totals of windows: what is kept in state, and what is written."""

import json
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Final, TypeAlias

from opentelemetry.trace import SpanContext, TraceFlags

MAX_LINKS: Final = 32
_LINK_BYTES: Final = 24
# Sums of amounts as traced_common.order takes them are exact, however many; nothing that state may hold overflows it.
_SUMS: Final = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)
State: TypeAlias = tuple[int, str, tuple[int, int, str, bytes] | None]


@dataclass(slots=True)
class Window:
    """The orders of one window: how many, how much, and the contexts of the first of them that are sampled."""

    begun_ms: int
    orders: int = 0
    amount: Decimal = Decimal(0)
    links: bytes = b""  # a trace id and a span id each: it is written to state with every order

    def add(self, amount: Decimal, traceparent: str) -> None:
        """Count an order."""
        self.orders += 1
        self.amount = _SUMS.add(self.amount, amount)
        if traceparent and traceparent[54] in "13" and len(self.links) < MAX_LINKS * _LINK_BYTES:
            self.links += bytes.fromhex(traceparent[3:35] + traceparent[36:52])

    def contexts(self) -> list[SpanContext]:
        """Return the contexts to link to."""
        return [
            SpanContext(
                int.from_bytes(self.links[at : at + 16], "big"),
                int.from_bytes(self.links[at + 16 : at + _LINK_BYTES], "big"),
                is_remote=True,
                trace_flags=TraceFlags(TraceFlags.SAMPLED),
            )
            for at in range(0, len(self.links), _LINK_BYTES)
        ]


@dataclass(slots=True)
class Account:
    """A customer's orders so far, and those of the window that is open."""

    orders: int = 0
    total: Decimal = Decimal(0)
    window: Window | None = None

    def add(self, amount: Decimal) -> None:
        """Count an order."""
        self.orders += 1
        self.total = _SUMS.add(self.total, amount)

    def to_state(self) -> State:
        """Return what is kept: plain values, which outlive a change of these classes."""
        window = self.window
        kept = None if window is None else (window.begun_ms, window.orders, str(window.amount), window.links)
        return self.orders, str(self.total), kept

    @classmethod
    def from_state(cls, state: State | None) -> "Account":
        """Read what was kept, if anything was."""
        if state is None:
            return cls()
        orders, total, kept = state
        window = None if kept is None else Window(kept[0], kept[1], Decimal(kept[2]), kept[3])
        return cls(orders, Decimal(total), window)


def result(order: str, customer: str, account: Account) -> bytes:
    """Write the result of one order."""
    return _json({"order": order, "customer": customer, "orders": account.orders, "total": str(account.total)})


def window_result(customer: str, window: Window, ended_ms: int) -> bytes:
    """Write the result of a window; times are milliseconds since the epoch."""
    times = {"from": window.begun_ms, "to": ended_ms}
    return _json({"customer": customer, "window": times, "orders": window.orders, "amount": str(window.amount)})


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
