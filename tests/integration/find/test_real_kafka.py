"""What librdkafka's mock broker has not: transactions, compaction, retention. KAFKA_BOOTSTRAP_SERVERS names one."""

import os
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # as documented
from traced_common.finding import __main__ as reader
from traced_common.finding.request import Request
from traced_common.finding.settings import FinderSettings
from tracedpipeline.find import facts, missing
from tracedpipeline.find.answer import Answer, Evidence, Where

SERVERS: Final = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
_numbers = count(1)
MakeTopic = Callable[..., str]


@pytest.fixture
def make_topic() -> MakeTopic:
    def make(config: Mapping[str, str] | None = None) -> str:
        name = f"find-{time.time_ns()}-{next(_numbers)}"
        admin = AdminClient({"bootstrap.servers": SERVERS})
        for future in admin.create_topics([NewTopic(name, 1, 1, config=dict(config or {}))]).values():
            future.result()
        return name

    return make


def producer(**more: Any) -> confluent_kafka.Producer:
    return confluent_kafka.Producer({"bootstrap.servers": SERVERS, "linger.ms": 0, **more})


def at(topic: str, offset: int) -> tuple[facts.Facts, Answer | None]:
    variables = {"KAFKA_BOOTSTRAP_SERVERS": SERVERS, "KAFKA_TOPIC": topic, "KAFKA_GROUP_ID": f"group-of-{topic}"}
    settings = FinderSettings.read(variables)
    found = facts.read(reader.find(settings, Request(place=(0, offset), measure_seconds=0)))
    return found, None if found.records else missing.of_place(Evidence("orders", found, ()), (0, offset))


def where(topic: str, offset: int) -> Where | None:
    _, answer = at(topic, offset)
    return answer.where if answer else None


def test_transactions_open_committed_and_aborted(make_topic: MakeTopic) -> None:
    topic = make_topic()
    writer = producer(**{"transactional.id": topic})
    writer.init_transactions(20)
    writer.begin_transaction()
    writer.produce(topic, b"committed")
    writer.commit_transaction(20)
    writer.begin_transaction()
    writer.produce(topic, b"aborted")
    writer.flush(20)
    writer.abort_transaction(20)
    writer.begin_transaction()
    writer.produce(topic, b"open")
    assert writer.flush(20) == 0
    assert where(topic, 0) is None
    assert where(topic, 1) == Where.NO_RECORD, "the marker of the commit"
    assert where(topic, 2) == Where.NO_RECORD, "aborted"
    assert where(topic, 4) == Where.HELD_BACK
    assert where(topic, 5) == Where.NOT_FOUND
    writer.commit_transaction(20)
    assert where(topic, 4) is None


def until(what: str, look: Callable[[], object]) -> None:
    end = time.monotonic() + 90
    while not look():
        assert time.monotonic() < end, f"not within 90 s: {what}"
        time.sleep(0.3)


def test_an_offset_that_was_compacted(make_topic: MakeTopic) -> None:
    config = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    topic, writer = make_topic(config), producer()
    for value in (b"old", b"new"):
        writer.produce(topic, value, key=b"k")
        assert writer.flush(20) == 0

    def compacted() -> bool:
        time.sleep(0.2)
        writer.produce(topic, b"", key=b"other")  # rolls the segment
        writer.flush(20)
        return where(topic, 0) == Where.NO_RECORD

    until("compaction", compacted)
    assert where(topic, 1) is None


def test_retention_between_two_calls(make_topic: MakeTopic) -> None:
    topic, writer = make_topic(), producer()
    for value in (b"0", b"1", b"2"):
        writer.produce(topic, value, key=b"k")
    assert writer.flush(20) == 0
    assert where(topic, 0) is None
    admin = AdminClient({"bootstrap.servers": SERVERS})
    (answer,) = admin.delete_records([TopicPartition(topic, 0, 2)]).values()
    answer.result()
    assert where(topic, 0) == Where.EXPIRED
    assert where(topic, 2) is None


def test_the_groups_pace_is_measured(make_topic: MakeTopic) -> None:
    topic, writer = make_topic(), producer()
    for number in range(100):
        writer.produce(topic, b"%d" % number, key=b"k%d" % number)
    assert writer.flush(20) == 0
    conf = {"bootstrap.servers": SERVERS, "group.id": f"group-of-{topic}", "enable.auto.commit": False}
    member = confluent_kafka.Consumer(conf | {"auto.offset.reset": "earliest"})
    member.subscribe([topic])
    until("assignment", lambda: member.poll(0.5) and member.assignment())
    member.commit(offsets=[TopicPartition(topic, 0, 10)], asynchronous=False)
    found, _ = at(topic, 99)
    assert found.members == 1 and found.partitions[0].committed == 10
    member.close()
    assert at(topic, 99)[0].members == 0
