"""The second operator: a customer's running total, and the totals of windows, each in its span."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from kafkatrace import Stage
from traced_common import letters

from traced_flink_consumer import context, totals
from traced_flink_consumer.attempts import Attempt
from traced_flink_consumer.records import Client, SinkRow, sink_row
from traced_flink_consumer.totals import Account, State, Window


class Outcome(NamedTuple):
    """What comes of an order or of a window's end."""

    state: State | None = None  # to be kept; None leaves what is there
    result: SinkRow | None = None
    letter: SinkRow | None = None
    ends_at: int | None = None  # of the window that begins with this order


class Totalling:
    """Adds orders up; nothing that an order or kept state holds makes it raise, for the job would then never go on."""

    def __init__(self, client: Client, window_ms: int, attempt: Attempt) -> None:
        self._client = client
        self._window_ms = window_ms
        self._attempt = attempt
        self._totals = Stage("total orders")
        self._windows = Stage("window orders")

    def add(self, kept: State | None, order: Sequence[Any], now_ms: int) -> Outcome:
        """Add one order (see operators.ORDER) to what is kept of its customer."""
        try:
            return self._added(kept, order, now_ms)
        except MemoryError:
            raise
        except Exception as error:
            customer, name, amount, timestamp, *propagated = order
            fields = {"id": name, "customer": customer, "amount": amount, "timestamp": timestamp}
            headers = dict(zip(context.NAMES, propagated, strict=False))
            return Outcome(letter=self._letter(customer, fields, headers, error))

    def end_window(self, kept: State | None, customer: str, ended_ms: int) -> Outcome:
        """End a customer's window."""
        try:
            return self._ended(kept, customer, ended_ms)
        except MemoryError:
            raise
        except Exception as error:
            fields = {"customer": customer, "state": repr(kept)}
            return Outcome(_without_window(kept), letter=self._letter(customer, fields, {}, error))

    def _added(self, kept: State | None, order: Sequence[Any], now_ms: int) -> Outcome:
        customer, name, amount, timestamp, *propagated = order
        with self._totals.continue_trace(context.headers_of(propagated)) as span:
            self._attempt.mark(span, timestamp)
            own = context.current()
            account, ends_at = Account.from_state(kept), None
            account.add(Decimal(amount))
            if account.window is None:
                account.window, ends_at = Window(now_ms), now_ms + self._window_ms
            account.window.add(Decimal(amount), own[0])
            state = account.to_state()
        headers = context.fields_of(own)
        return Outcome(state, (customer.encode(), totals.result(name, customer, account), headers), None, ends_at)

    def _ended(self, kept: State | None, customer: str, ended_ms: int) -> Outcome:
        account = Account.from_state(kept)
        window, account.window = account.window, None
        if window is None:
            return Outcome()
        with self._windows.batch_span(window.contexts(), window.orders, window.begun_ms * 1_000_000):
            headers = context.fields_of(context.current())
        result = customer.encode(), totals.window_result(customer, window, ended_ms), headers
        return Outcome(account.to_state(), result)

    def _letter(
        self, customer: str, fields: Mapping[str, object], headers: Mapping[str, str], error: Exception
    ) -> SinkRow:
        about = {"reason": f"total: {type(error).__name__}: {error}", "group": self._client.group}
        value = json.dumps(fields, default=repr)
        given = ((name, text) for name, text in headers.items() if text)
        return sink_row(letters.write(customer, value, given, about.items()), self._client.letter_bytes)


def _without_window(kept: State | None) -> State | None:
    """Return state that can't be read without its window, so that the next order begins another."""
    return (*kept[:2], None) if isinstance(kept, tuple) and len(kept) == 3 else None
