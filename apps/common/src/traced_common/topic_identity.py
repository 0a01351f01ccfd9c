"""Notices by its id that a topic is no longer the one that a client began with.

A topic that was deleted and created again begins with leader epoch 0. Where the broker had restarted before, librdkafka
knows a higher epoch, takes what Kafka says of the new topic for outdated, and fetches nothing more
(https://github.com/confluentinc/librdkafka/issues/4898). With a single broker the leader is the same as before, so that
only the id shows it.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from traced_common.environment import SettingsError
from traced_common.kafka import KafkaSettings
from traced_common.stale_leaders import StaleLeadersError

_SECONDS_BETWEEN: Final = 15.0
_SECONDS_TO_ANSWER: Final = 10.0


class TopicIdentity:
    """Asks Kafka for a topic's id four times a minute and waits for no answer."""

    def __init__(
        self, topic: str, connect: Callable[[], AdminClient], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._topic = topic
        self._connect = connect
        self._clock = clock
        self._due = clock()
        self._admin: AdminClient | None = None
        self._answer: Future[Any] | None = None
        self._id: str | None = None

    def check(self) -> None:
        """Raise StaleLeadersError when the topic has another id than before, and expect another client."""
        if self._answer is not None and self._answer.done():
            answer, self._answer = self._answer, None
            self._compare(answer)
        if self._answer is None and self._clock() >= self._due:
            self._due = self._clock() + _SECONDS_BETWEEN
            self._ask()

    def _ask(self) -> None:
        try:
            self._admin = self._admin or self._connect()
        except SettingsError:  # a file of credentials in the middle of its renewal
            return
        topics = TopicCollection([self._topic])
        self._answer = self._admin.describe_topics(topics, request_timeout=_SECONDS_TO_ANSWER)[self._topic]

    def _compare(self, answer: "Future[Any]") -> None:
        try:
            found = str(answer.result().topic_id)
        except KafkaException:  # Kafka is away, or the topic is, or the password is another by now
            self._admin = None
            return
        before, self._id = self._id, found
        if before not in (None, found):
            raise StaleLeadersError(
                f"topic {self._topic} was deleted and created again: its id is {found}, not {before}"
            )


def identity(topic: str, kafka: KafkaSettings) -> TopicIdentity:
    """Return the identity of a topic, requested over a connection of its own that logs nothing."""
    return TopicIdentity(topic, lambda: AdminClient({**_without_logger(kafka), "log_level": 0}))


def _without_logger(kafka: KafkaSettings) -> dict[str, Any]:
    """Leave out the logger: it would have to be served, and the client itself logs the same troubles."""
    return {name: value for name, value in kafka.client_config().items() if name != "logger"}
