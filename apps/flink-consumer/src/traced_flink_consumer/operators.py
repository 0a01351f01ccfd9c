"""The two operators as Flink runs them: in its Python workers, which get them pickled."""

import logging
import os
from collections.abc import Iterator
from typing import Any, Final

import kafkatrace
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag, ProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor
from traced_common import process
from traced_common.environment import Environment

from traced_flink_consumer.attempts import Attempt
from traced_flink_consumer.handler import handle
from traced_flink_consumer.processing import Processing
from traced_flink_consumer.records import Client
from traced_flink_consumer.totalling import Outcome, Totalling

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
        kafkatrace.current().flush(_FLUSH_SECONDS)

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

    def __init__(self, client: Client, window_ms: int, restored: bool) -> None:
        self._client = client
        self._window_ms = window_ms
        self._restored = restored

    def open(self, runtime_context: RuntimeContext) -> None:
        """Begin in a worker."""
        _log_as_told()
        attempt = Attempt.begin(runtime_context, restored=self._restored)
        self._totalling = Totalling(self._client, self._window_ms, attempt)
        self._state = runtime_context.get_state(ValueStateDescriptor("account", Types.PICKLED_BYTE_ARRAY()))

    def close(self) -> None:
        """Let no span behind."""
        kafkatrace.current().flush(_FLUSH_SECONDS)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        """Add one order."""
        timers = ctx.timer_service()
        outcome = self._totalling.add(self._state.value(), value, timers.current_processing_time())
        if outcome.ends_at is not None:
            timers.register_processing_time_timer(outcome.ends_at)
        yield from self._out(outcome)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        """End a customer's window."""
        yield from self._out(self._totalling.end_window(self._state.value(), ctx.get_current_key(), timestamp))

    def _out(self, outcome: Outcome) -> Iterator[Any]:
        if outcome.state is not None:
            self._state.update(outcome.state)
        if outcome.letter is not None:
            yield DEAD_LETTERS, Row(*outcome.letter)
        if outcome.result is not None:
            yield Row(*outcome.result)
