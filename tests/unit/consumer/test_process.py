"""The consumer as a real process."""

from collections.abc import Callable
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition

Start = Callable[[str, dict[str, str]], Any]
Put = Callable[..., None]


def committed(variables: dict[str, str]) -> int:
    config = {
        "bootstrap.servers": variables["KAFKA_BOOTSTRAP_SERVERS"],
        "group.id": variables["KAFKA_GROUP_ID"],
        "log_level": 0,
    }
    with confluent_kafka.Consumer(config) as consumer:
        return consumer.committed([TopicPartition(variables["KAFKA_TOPIC"], 0)], timeout=10)[0].offset


def test_sigterm_commits_flushes_and_exits_0(
    start_app: Start, variables: dict[str, str], put: Put, collector: Any
) -> None:
    put(1, 2, b"poison")
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    app = start_app("traced_consumer", {**variables, **endpoint})
    app.until("went to the dead-letter topic")
    assert app.ask("/livez") == (200, "ok\n")
    assert app.terminate() == 0
    assert committed(variables) == 3
    assert len(collector.spans("process ")) == 3
    assert len(collector.spans()) == 7
    assert app.lines[-1].endswith(
        "stopped: processed 2, dead letters 1, failed attempts 0; spans exported 7, dropped 0\n"
    )


def test_sigterm_cuts_the_demo_work_short(
    start_app: Start, variables: dict[str, str], put: Put, collector: Any
) -> None:
    put(1)
    slow = {"CONSUMER_PROCESSING_TIME_MS": "3600000", "LOG_LEVEL": "DEBUG"}
    app = start_app("traced_consumer", {**variables, **slow, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint})
    app.until("order o-1 of customer-007")
    assert app.terminate() == 0
    assert committed(variables) == 1


def test_without_kafka_it_lives_and_says_why_it_is_not_ready(start_app: Start, variables: dict[str, str]) -> None:
    app = start_app("traced_consumer", {**variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    app.until("not ready: not yet a member")
    assert app.ask("/livez") == (200, "ok\n")
    status, why = app.ask("/readyz")
    assert status == 503
    assert why.startswith("not yet a member of group ")
    assert app.terminate() == 0
    assert app.lines[-1].endswith(
        "stopped: processed 0, dead letters 0, failed attempts 0; spans exported 0, dropped 0\n"
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"CONSUMER_PROCESSING_TIME_MS": "20ms"}, "CONSUMER_PROCESSING_TIME_MS='20ms': expected a whole"),
        ({"HEALTH_PORT": "1", "KAFKA_GROUP_ID": ""}, "KAFKA_GROUP_ID is not set: expected"),
    ],
)
def test_wrong_settings_exit_2(start_app: Start, variables: dict[str, str], wrong: dict[str, str], words: str) -> None:
    app = start_app("traced_consumer", {**variables, **wrong})
    assert app.wait() == 2
    assert words in "".join(app.lines)
    assert "Traceback" not in "".join(app.lines)
