"""Settle spans: commits, by the user and automatic ones."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, TopicPartition

from kafkatrace.operations.operation import Operations, Start, places
from kafkatrace.spans import semconv
from kafkatrace.spans.client_attributes import ClusterId
from kafkatrace.tracing import Tracing

ON_COMMIT: Final = "on_commit"


@dataclass(slots=True)
class Settle:
    """A commit under way; `partitions` is its answer."""

    start: Start | None
    partitions: Sequence[TopicPartition] | None = None


class Settling:
    """Commits of one consumer; `reported` is to be its on_commit."""

    def __init__(self, tracing: Tracing, conf: Mapping[str, Any], cluster: ClusterId) -> None:
        # A consumer that commits once a second would fill a back end with traces of one span.
        alone = tracing.commit_traces
        self._spans = Operations(tracing, conf, cluster, semconv.COMMIT, semconv.SETTLE, alone=alone)
        self._on_commit: Callable[[KafkaError | None, list[TopicPartition]], None] | None = conf.get(ON_COMMIT)
        self._under_way: deque[Settle] = deque()

    def conf(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration with `reported` in it; what can't be called is the original's to refuse."""
        refused = ON_COMMIT in given and not callable(given[ON_COMMIT])
        return dict(given) if refused else {**given, ON_COMMIT: self.reported}

    @contextmanager
    def call(self) -> Iterator[Settle]:
        """Draw the span of a commit that lasts as long as the call."""
        settle = Settle(self._spans.begin())
        try:
            yield settle
        except BaseException as error:
            self._spans.end(settle.start, {}, error)
            raise
        self._spans.end(settle.start, places(settle.partitions), _error(settle.partitions))

    @contextmanager
    def request(self) -> Iterator[None]:
        """Begin the span of a commit whose answer comes to `reported`."""
        settle = Settle(self._spans.begin())
        self._under_way.append(settle)
        try:
            yield
        except BaseException as error:
            self._under_way.remove(settle)
            self._spans.end(settle.start, {}, error)
            raise

    def reported(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Take the outcome of an asynchronous or automatic commit, and pass it on."""
        failed = error or _error(partitions)
        if self._under_way:
            self._spans.end(self._under_way.popleft().start, places(partitions), failed)
        elif error is None or error.code() != KafkaError._NO_OFFSET:  # an automatic one: its beginning is not known
            self._spans.end(self._spans.begin(), places(partitions), failed)
        if self._on_commit is not None:
            self._on_commit(error, partitions)


def _error(partitions: Sequence[TopicPartition] | None) -> KafkaError | None:
    """Return the first partition's error: a commit can fail for some alone."""
    return next((each.error for each in partitions or () if each.error is not None), None)
