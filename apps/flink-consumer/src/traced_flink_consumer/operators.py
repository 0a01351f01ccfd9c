"""The two operators as Flink runs them: in its Python workers, which get them pickled."""

import logging
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from kafkatrace import Steps
from kafkatrace.tracing import current
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag, ProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor
from traced_common import process
from traced_common.environment import Environment

from traced_flink_consumer import context, totals
from traced_flink_consumer.attempts import Attempt
from traced_flink_consumer.handler import handle
from traced_flink_consumer.processing import Client, Processing
from traced_flink_consumer.totals import Account, Window

BYTES: Final = Types.PRIMITIVE_ARRAY(Types.BYTE())
# key, value, headers: what the sinks write
SUNK: Final = Types.ROW_NAMED(["key", "value", "headers"], [BYTES, BYTES, Types.MAP(Types.STRING(), BYTES)])
# customer, order, amount, timestamp, and the trace context
ORDER: Final = Types.TUPLE([Types.STRING()] * 3 + [Types.LONG()] + [Types.STRING()] * 3)
DEAD_LETTERS: Final = OutputTag("dead-letters", SUNK)
_FLUSH_SECONDS: Final = 5.0


def _log_as_told() -> None:
    """Keep to the level of LOG_LEVEL: Flink has its workers hand every line over to Java, which throws most away."""
    logging.getLogger().setLevel(process.log_level(Environment(os.environ)))


class Process(ProcessFunction):  # type: ignore[misc] # PyFlink has no types
    """Records to orders, poison to the side output."""

    def __init__(self, client: Client, seconds: float, restored: bool) -> None:
        self._client = client
        self._seconds = seconds
        self._restored = restored

    def open(self, runtime_context: RuntimeContext) -> None:
        """Begin in a worker."""
        _log_as_told()
        attempt = Attempt.begin(runtime_context, restored=self._restored)
        self._processing = Processing(self._client, handle, self._seconds, attempt)

    def close(self) -> None:
        """Let no span behind: a worker ends without a word."""
        current().flush(_FLUSH_SECONDS)

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        """Process one record."""
        order, letter = self._processing.process(value)
        if letter is not None:
            yield DEAD_LETTERS, Row(*letter)
        else:
            yield order


class Total(KeyedProcessFunction):  # type: ignore[misc] # PyFlink has no types
    """Orders to running totals of each customer, and to totals of tumbling windows.

    A customer's window begins with the first order in it, so that not all end at once (Flink's WindowStagger.NATURAL).
    """

    def __init__(self, window_ms: int, restored: bool) -> None:
        self._window_ms = window_ms
        self._restored = restored

    def open(self, runtime_context: RuntimeContext) -> None:
        """Begin in a worker."""
        _log_as_told()
        self._attempt = Attempt.begin(runtime_context, restored=self._restored)
        self._totals = Steps("total orders")
        self._windows = Steps("window orders")
        self._state = runtime_context.get_state(ValueStateDescriptor("account", Types.PICKLED_BYTE_ARRAY()))

    def close(self) -> None:
        """Let no span behind."""
        current().flush(_FLUSH_SECONDS)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        """Add one order."""
        customer, order, amount, timestamp, *carried = value
        with self._totals.step(context.headers_of(carried)) as span:
            self._attempt.mark(span, timestamp)
            own = context.current()
            account = Account.from_state(self._state.value())
            account.add(Decimal(amount))
            self._window_of(account, ctx).add(Decimal(amount), own[0])
            self._state.update(account.to_state())
        headers = dict(context.headers_of(own))
        yield Row(customer.encode(), totals.result(order, customer, account), headers)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        """End a customer's window."""
        account = Account.from_state(self._state.value())
        window, account.window = account.window, None
        if window is None:
            return
        customer = ctx.get_current_key()
        links = window.contexts()
        with self._windows.joined(links, window.orders, window.begun_ms * 1_000_000):
            self._state.update(account.to_state())
            headers = dict(context.headers_of(context.current()))
        yield Row(customer.encode(), totals.window_result(customer, window, timestamp), headers)

    def _window_of(self, account: Account, ctx: KeyedProcessFunction.Context) -> Window:
        if account.window is None:
            now = ctx.timer_service().current_processing_time()
            account.window = Window(now)
            ctx.timer_service().register_processing_time_timer(now + self._window_ms)
        return account.window
