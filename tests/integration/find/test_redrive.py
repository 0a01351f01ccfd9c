"""Dead letters back to their topic, with a real broker: transactions are what makes it exactly once."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # as documented
from traced_common.finding.settings import FinderSettings
from traced_common.redriving import __main__ as redriving

from tests.integration.flink import collector
from tests.integration.flink.collector import Collector

SERVERS: Final = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
TRACE: Final = "a" * 32


@pytest.fixture
def spans() -> Iterator[Collector]:
    with collector.running() as received:
        yield received


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    name = f"redrive-{os.getpid()}-{abs(hash(request.node.name)) % 10**8}"
    admin = AdminClient({"bootstrap.servers": SERVERS})
    made = [NewTopic(name + ending, 2, 1) for ending in ("", ".dlq")]
    for future in admin.create_topics(made).values():
        future.result()
    return name


def letters(topic: str, first: int, number: int, more: dict[str, str] | None = None) -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": SERVERS})
    for each in range(first, first + number):
        about = {"dead-letter.reason": "no", "dead-letter.partition": "0", "dead-letter.offset": f"{each}"}
        headers = {"traceparent": f"00-{TRACE}-{'b' * 16}-01", "tenant": "7"} | about | (more or {})
        producer.produce(f"{topic}.dlq", b"%d" % each, key=b"k%d" % each, headers=list(headers.items()))
    assert producer.flush(30) == 0


def variables_of(topic: str, spans: Collector) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": SERVERS,
        "KAFKA_TOPIC": topic,
        "KAFKA_GROUP_ID": f"group-of-{topic}",
        "OTEL_SERVICE_NAME": "orders-redrive",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_EXPORTER_OTLP_ENDPOINT": spans.endpoint,
    }


def start(topic: str, spans: Collector, **request: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "traced_common.redriving", json.dumps(request)]
    environment = os.environ | variables_of(topic, spans)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def redrive(topic: str, spans: Collector, **request: Any) -> dict[str, Any]:
    printed, _ = start(topic, spans, **request).communicate(timeout=120)
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])["tracedpipeline.redrive"]
    facts: dict[str, Any] = found.get("facts", found)
    return facts


def in_topic(topic: str) -> list[confluent_kafka.Message]:
    """All that a reader of committed records gets."""
    conf = {
        "bootstrap.servers": SERVERS,
        "group.id": "test",
        "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
    }
    consumer = confluent_kafka.Consumer(conf)
    consumer.assign([TopicPartition(topic, each, 0) for each in (0, 1)])
    found, ends = list[confluent_kafka.Message](), 0
    while ends < 2:
        for message in consumer.consume(500, 1):
            if message.error():
                ends += 1
            else:
                found.append(message)
    consumer.close()
    return found


def test_the_record_comes_back_in_a_trace_of_its_own_that_links_to_the_old_one(topic: str, spans: Collector) -> None:
    letters(topic, 0, 1)
    told = redrive(topic, spans)
    assert (told["before"], told["redriven"], told["after"]) == (1, 1, 0)
    (message,) = in_topic(topic)
    headers = dict(message.headers() or [])
    assert (message.key(), message.value()) == (b"k0", b"0")
    assert headers.keys() == {"traceparent", "tenant"} and headers["tenant"] == b"7"
    found = {span.name.split()[0]: span for span in spans.wait(lambda all_: len({s.name for s in all_}) >= 2)}
    assert found["redrive"].links == [(TRACE, "b" * 16)]
    assert found["send"].parent == found["redrive"].id and found["send"].trace != TRACE
    assert headers["traceparent"] == f"00-{found['send'].trace}-{found['send'].id}-03".encode()


def test_a_dry_run_sends_nothing_and_a_limit_only_so_many(topic: str, spans: Collector) -> None:
    letters(topic, 0, 7)
    assert redrive(topic, spans, dry_run=True) | {"places": []} == {
        "before": 7, "after": 7, "redriven": 0, "topic": topic, "dead_letter_topic": f"{topic}.dlq", "places": [],
    }  # fmt: skip
    assert in_topic(topic) == []
    told = redrive(topic, spans, limit=3)
    assert (told["before"], told["redriven"], told["after"]) == (7, 3, 4)
    assert redrive(topic, spans)["redriven"] == 4
    assert Counter(message.value() for message in in_topic(topic)) == Counter(b"%d" % each for each in range(7))


def test_what_was_cut_stays_and_is_named(topic: str, spans: Collector) -> None:
    letters(topic, 0, 1, {"dead-letter.truncated": "value 9 bytes"})
    letters(topic, 1, 1)
    told = redrive(topic, spans)
    assert told["redriven"] == 1 and told["left"] == {"it was cut to fit the dead-letter topic": 1}
    assert told["places"][0].startswith(f"{topic}.dlq[")
    assert [message.value() for message in in_topic(topic)] == [b"1"]


def test_killed_half_way_nothing_is_lost_and_nothing_comes_twice(topic: str, spans: Collector) -> None:
    letters(topic, 0, 2_000)
    running = start(topic, spans)
    assert running.stdout
    for line in running.stdout:
        if "progress" in line:
            break
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert 0 < len(in_topic(topic)) < 2_000
    told = redrive(topic, spans)
    assert 0 < told["redriven"] < 2_000 and told["after"] == 0
    assert Counter(message.value() for message in in_topic(topic)) == Counter(b"%d" % each for each in range(2_000))


class CrashError(BaseException):
    """The end of the process, as far as what it has sent goes."""


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_ended_around_the_commit_of_a_batch_nothing_comes_twice(
    topic: str, spans: Collector, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    class Crashing(kafkatrace.Producer):
        def commit_transaction(self, *arguments: Any, **more: Any) -> None:
            self.flush(20)
            if committed:
                super().commit_transaction(*arguments, **more)
            raise CrashError

    letters(topic, 0, 5)
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with monkeypatch.context() as patched, pytest.raises(CrashError):
        patched.setattr(kafkatrace, "Producer", Crashing)
        redriving.run(FinderSettings.read(variables_of(topic, spans)), 5, dry=False)
    told = redrive(topic, spans)
    assert told["after"] == 0 and (told["redriven"] < 5) == committed
    assert Counter(message.value() for message in in_topic(topic)) == Counter(b"%d" % each for each in range(5))


def test_of_two_at_a_time_none_sends_what_the_other_has_sent(topic: str, spans: Collector) -> None:
    letters(topic, 0, 2_000)
    both = [start(topic, spans), start(topic, spans)]
    for each in both:
        each.communicate(timeout=120)
    redrive(topic, spans)
    assert Counter(message.value() for message in in_topic(topic)) == Counter(b"%d" % each for each in range(2_000))


def test_kafka_that_has_no_such_topic_is_one_sentence(spans: Collector) -> None:
    assert "Unknown topic" in redrive("no-such-topic", spans)["error"]
