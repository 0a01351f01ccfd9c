"""The hot path in Python: what kafkatrace._speedups does in C, for where that was not built."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextvars import Token
from operator import index
from time import time_ns
from types import TracebackType
from typing import Any, Final, TypeVar

from confluent_kafka import Message
from opentelemetry.context import Context

from kafkatrace.context.context_var import variable

_F = TypeVar("_F", bound=Callable[..., Any])
_LOOK_NS: Final = 100_000_000
_LARGEST: Final = (1 << 63) - 1  # of 64 bits; as a time: never
_SMALLEST: Final = -1 << 63


class Histogram:
    """One histogram of durations in nanoseconds."""

    def __init__(self, bounds: tuple[int, ...]) -> None:
        self._bounds = bounds
        self._buckets = [0] * (len(bounds) + 1)
        self._sum = 0
        self._lowest = _LARGEST
        self._highest = _SMALLEST

    def add(self, nanoseconds: int) -> None:
        """Count one; a negative one, of clocks that disagree, falls into the lowest bucket and shows as `min`.

        What is no integer is a TypeError, and 64 bits are the most: one strange number must not be in all sums to come.
        """
        nanoseconds = min(max(index(nanoseconds), _SMALLEST), _LARGEST)
        self._sum += nanoseconds
        if nanoseconds > self._highest:
            self._highest = nanoseconds
        if nanoseconds < self._lowest:
            self._lowest = nanoseconds
        # last: what others collect meanwhile then has a minimum for each that is counted
        self._buckets[bisect_left(self._bounds, nanoseconds)] += 1

    def state(self) -> tuple[tuple[int, ...], int, int, int]:
        """Return the counts of the buckets, the sum, the lowest and the highest."""
        return tuple(self._buckets), self._sum, self._lowest, self._highest


class Polled:
    """Notes when messages reached the caller; `no_record` is called with each event that is none."""

    # By id(): a confluent Message takes neither attributes nor weak references. One for all consumers, so that an id
    # that is used again has its newest owner's time; beside its place, since that owner may be another client's.
    _times: Final[dict[int, tuple[int, object]]] = {}

    def __init__(self, look: Callable[[Any], None], no_record: Callable[[Message], None] | None = None) -> None:
        self._look = look
        self._no_record = no_record
        self._look_due = 0
        self.consumed = 0

    def one(self, consumer: object, message: Message) -> None:
        """Note a message, or an event that is none; in the thread that polled it."""
        if self._is_record(message):
            now = time_ns()
            self._times[id(message)] = now, _place(message)
            self.consumed += 1
            self._look_if_due(consumer, now)

    def all(self, consumer: object, messages: list[Message]) -> Sequence[Message]:
        """Note a batch; the result is its records."""
        records = [message for message in messages if self._is_record(message)]
        if records:
            now = time_ns()
            self._times.update((id(message), (now, _place(message))) for message in records)
            self.consumed += len(records)
            self._look_if_due(consumer, now)
        return records

    def at(self, message: Message, time: int) -> None:
        """Note a record that came at this time, nanoseconds since the epoch; 0: not known."""
        if type(time) is not int or not 0 <= time <= _LARGEST:
            raise ValueError(f"expected nanoseconds since the epoch, as an int below 2**63, not {time!r}")
        self._times[id(message)] = time, _place(message)
        self.consumed += 1

    def forget(self, message: Message) -> None:
        """Take back what at() noted."""
        self.take(message)
        self.consumed -= 1

    def take(self, message: Message) -> int:
        """Return the time, nanoseconds since the epoch, once; 0 if not known."""
        time, place = self._times.pop(id(message), (0, None))
        return time if time and place == _place(message) else 0

    def _is_record(self, message: Message) -> bool:
        if message.error() is None:
            return True
        if self._no_record is not None:
            self._no_record(message)
        return False

    def _look_if_due(self, consumer: object, now: int) -> None:
        if now > self._look_due:
            self._look_due = now + _LOOK_NS
            self._look(consumer)


def _place(message: Message) -> object:
    return message.topic(), message.partition(), message.offset()


class SpanFields(dict[str, object]):
    """What a message's span keeps, and its two ends."""

    # set in every span
    receiver: Any
    ambient: Context
    traceparent: bytes  # what a child in another process gets; while not recording, what the sender gave
    topic: str
    timestamp_type: int  # of Message.timestamp(), and its milliseconds
    timestamp: int
    polled: int  # nanoseconds since the epoch, as all times; 0 when not known
    start: int
    ended_at: int
    recording: bool
    linked: bool  # a trace of its own, with a link to the sender instead of a parent
    failure: str | None  # the error.type of the exception that ended it
    keep_after: int  # one that ends later is put though it is not recorded
    _token: Token[Context]
    # set in spans that may be sampled
    sender: bytes | None  # the sender's traceparent
    queue_id: bytes  # 16 hexadecimal digits
    partition: int
    offset: int
    key: object
    tombstone: bool
    lag: int | None
    # set in those that may be kept, until their end
    message: Message | None
    __slots__ = tuple(__annotations__)

    def __init__(self) -> None:
        self.ended_at = 0
        self.keep_after = _LARGEST
        self.recording = self.linked = False
        self.failure = None

    def __enter__(self) -> Any:
        """Make this the current span, and its message's baggage the current one."""
        if self.recording:
            self.receiver.open[id(self)] = self
        self._token = variable.set(self)  # type: ignore[arg-type] # MessageSpan is a Context
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the span; an exception is recorded and goes on."""
        try:  # noqa: SIM105 - suppress() costs as much as all else here
            variable.reset(self._token)
        except (ValueError, TypeError, RuntimeError, AttributeError):
            pass  # left in another context than entered, not entered, or left before: nothing to undo
        try:
            if self.recording:
                if self.receiver.open.pop(id(self), None) is None:
                    return  # ended before: by the handler, or by a rebalance in another thread
            elif self.ended_at:
                return
            if error is not None:
                self.failed(error)
            self.ended_at = time_ns()
            if self.recording:
                self.receiver.put(self)
            elif self.ended_at > self.keep_after:
                self.receiver.keep(self)
            else:
                self.message = None
                if self.receiver.metrics_enabled:
                    self.receiver.put(self)
        except Exception as wrong:  # a handler may set any field to anything
            self.lost(wrong)

    def failed(self, error: BaseException) -> None:
        """Take the exception that ends the span."""
        raise NotImplementedError

    def lost(self, error: BaseException) -> None:
        """Take what kept the span from being ended."""
        raise NotImplementedError


class Send:
    """What is known of a send, at its beginning and after its delivery report; times are nanoseconds since the epoch.

    The only definition of these fields beside the one in C, which a test compares with it.
    """

    topic: str
    start: int
    traceparent: bytes | None  # its own; None where it is not sampled, and the next five are then not set
    parent: bytes | None  # 16 hexadecimal digits; empty: it is a root
    remote: bool  # whether the parent is in another process
    state: str | None
    key: object
    tombstone: bool
    ended: int
    partition: int  # and offset: -1 when not known
    offset: int
    timestamp_type: int  # of the broker, as Message.timestamp() gives it, where a look at its clock was due
    timestamp: int
    outcome: str | None  # of its transaction
    unsampled: bytes | None  # its traceparent where it is not sampled, but kept if it fails
    __slots__ = tuple(__annotations__)

    def __init__(self) -> None:
        self.traceparent = self.outcome = self.unsampled = None
        self.partition = self.offset = -1
        self.timestamp_type = 0


def process(*, otherwise: _F, **parts: object) -> _F:
    """Return what begins a message's span: `otherwise`, which begins any."""
    return otherwise


def account(*, otherwise: _F, **parts: object) -> _F:
    """Return what counts an ended message: `otherwise`, which counts any."""
    return otherwise


def encoder(**parts: object) -> Any:
    """Return what encodes ended operations in the calling thread: nothing, all is encoded in the background."""
    return None


def sending(**parts: object) -> object:
    """Return what produce() needs of its sender beside it: nothing."""
    return None


def method(name: str, original: object = None) -> Callable[[_F], _F]:
    """Make a decorator for the client's method of this name, which calls `original`; here it changes nothing."""
    return lambda function: function
