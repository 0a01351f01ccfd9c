"""A producer that outlives what librdkafka holds for its end.

An idempotent producer that Kafka denies its producer id (CLUSTER_AUTHORIZATION_FAILED: its user may write to no topic
yet) is beyond repair for librdkafka, though the right can come a minute later
(https://github.com/confluentinc/librdkafka/blob/v2.16.0/INTRODUCTION.md#fatal-producer-errors). So is one that sticks
to the leaders of a topic that was deleted and created again (see stale_leaders).
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaException
from kafkatrace import Producer

from traced_common.environment import SettingsError
from traced_common.kafka import LastError, error_text

_logger = logging.getLogger(__name__)
_SECONDS_BETWEEN: Final = 10.0
_PURGE_SECONDS: Final = 1.0


class RecreatingProducer:
    """Makes a producer, and another in its place when it can't go on: at most one each ten seconds.

    `make` is called with an error_cb. What the old one still held is reported as failed before it goes; `generation`
    counts the producers, so that whoever sent a record knows that no other report will come.
    """

    def __init__(self, make: Callable[[LastError], Producer], clock: Callable[[], float] = time.monotonic) -> None:
        self.last_error = LastError()
        self.fatal: str | None = None
        self.generation = 0
        self._make = make
        self._clock = clock
        self._made_at = clock()
        self.current = make(self.last_error)

    def poll(self, seconds: float) -> None:
        """Re-create the producer when that is due, and serve reports, logs and errors.

        What is fatal stays known until the next call, so that whoever waits for a report can tell it.
        """
        if self.fatal and self._clock() >= self._made_at + _SECONDS_BETWEEN:
            self.recreate()
        self._serve(self.current.poll, seconds)

    def condemn(self, reason: str) -> None:
        """Have the producer re-created as after a fatal error, for this reason."""
        self.fatal = self.fatal or reason

    def recreate(self) -> None:
        """Put a new producer in the place of the old one; without one, the old one stays until the next attempt."""
        _logger.warning("a new producer, as the old one can't go on: %s", self.fatal)
        self._made_at = self._clock()
        try:
            new = self._make(self.last_error)
        except (SettingsError, ValueError) as error:  # a file of credentials in the middle of its replacement
            _logger.error("no new producer yet: %s", error)
            return
        self.flush(0)
        self.fatal = None
        self.current = new
        self.generation += 1

    def flush(self, seconds: float) -> None:
        """Wait for delivery reports, and give up what has none by then: it is reported as failed."""
        self._serve(self.current.flush, seconds)
        self.current.purge()
        self._serve(self.current.flush, _PURGE_SECONDS)

    def _serve(self, serve: Callable[[float], int], seconds: float) -> None:
        """Call what calls back; confluent-kafka raises a fatal error there, and gives it to no error_cb."""
        try:
            serve(seconds)
        except KafkaException as error:
            if not error.args[0].fatal():
                raise
            self.fatal = error_text(error.args[0])
