"""The reader with librdkafka's mock broker, which has four partitions a topic."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition
from traced_common.finding import __main__ as reader
from traced_common.finding.budget import Budget
from traced_common.finding.request import Request
from traced_common.finding.settings import FinderSettings

Put = Callable[..., None]
Find = Callable[..., Any]


@pytest.fixture
def put(broker: str, topic: str) -> Iterator[Put]:
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 0, "log_level": 0})

    def put(value: bytes | None, ending: str = "", times: int = 1, **more: Any) -> None:
        for _ in range(times):
            producer.produce(topic + ending, value, **{"partition": 1, **more})
        assert producer.flush(10) == 0

    put(b"", ".dlq", partition=0)
    yield put


@pytest.fixture
def find(broker: str, topic: str) -> Find:
    variables = {"KAFKA_BOOTSTRAP_SERVERS": broker, "KAFKA_TOPIC": topic, "KAFKA_GROUP_ID": f"group-of-{topic}"}
    settings = FinderSettings.read({**os.environ, **variables})
    return lambda **request: reader.find(settings, Request(**{"measure_seconds": 0.0, **request}))


def commit(broker: str, group: str, topic: str, offset: int, partition: int = 1) -> None:
    conf = {"bootstrap.servers": broker, "group.id": group, "log_level": 0}
    consumer = confluent_kafka.Consumer(conf)
    consumer.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)
    consumer.close()


def test_the_newest_of_a_key_come_first_over_several_windows(put: Put, find: Find) -> None:
    for _ in range(3):
        put(b"wanted", key=b"k")
        put(b"other", key=b"o", times=900)
    found = find(key=b"k", limit=2)
    assert [each["offset"] for each in found["records"]] == [1802, 901]
    assert 1800 < found["scan"]["records"] < 2702 and found["scan"]["stopped"] is None


def test_a_key_of_a_producer_with_another_partitioner_is_found(put: Put, find: Find) -> None:
    for partition in range(4):
        put(b"v", key=b"only-%d" % partition, partition=partition)
    for partition in range(4):
        (record,) = find(key=b"only-%d" % partition)["records"]
        assert record["partition"] == partition


def test_a_tombstone_and_a_key_that_is_not_utf_8(put: Put, find: Find) -> None:
    put(None, key=b"\xff\0")
    (record,) = find(key=b"\xff\0", value=True)["records"]
    assert (record["value_bytes"], record["key"]) == (None, "/wA=") and "value" not in record


def test_a_trace_is_found_by_its_header(put: Put, find: Find) -> None:
    put(b"v", headers={"traceparent": f"00-{'a' * 32}-{'1' * 16}-01"})
    put(b"v", headers={"traceparent": f"00-{'b' * 32}-{'1' * 16}-01"})
    (record,) = find(trace="a" * 32)["records"]
    assert record["offset"] == 0 and record["traceparent"].startswith("00-aaaa")


def test_a_value_is_told_on_request_alone_and_bounded(put: Put, find: Find) -> None:
    put(b"x" * 9000, key=b"k")
    assert "value" not in find(place=(1, 0))["records"][0]
    (record,) = find(place=(1, 0), value=True)["records"]
    assert len(record["value"]) < 6000 and record["value_bytes"] == 9000


def test_a_place_without_a_record(put: Put, find: Find) -> None:
    put(b"v")
    assert find(place=(1, 1))["records"] == [] == find(place=(9, 0))["records"]


def test_the_group_and_the_letter(put: Put, find: Find, broker: str, topic: str) -> None:
    put(b"bad", key=b"k")
    about = {"dead-letter.partition": "1", "dead-letter.offset": "0", "dead-letter.reason": "no\nJSON"}
    put(b"bad", ".dlq", partition=2, key=b"k", headers=about)
    put(b"bad", ".dlq", partition=2, key=b"k", headers={**about, "dead-letter.offset": "7"})
    commit(broker, f"group-of-{topic}", topic, 1)
    found = find(place=(1, 0))
    assert found["partitions"][1]["committed"] == 1 and found["partitions"][0]["committed"] is None
    (letter,) = found["letters"]["found"]
    assert (letter["origin"]["reason"], letter["redriven"]) == ("no\nJSON", False)
    commit(broker, f"group-of-{topic}.redrive", f"{topic}.dlq", 1, partition=2)
    assert find(place=(1, 0))["letters"]["found"][0]["redriven"]


def test_a_scan_stops_at_its_bytes_and_says_so(put: Put, find: Find) -> None:
    for _ in range(3):
        put(b"x" * 1000)
    found = find(key=b"k", byte_count=1000)
    assert found["records"] == [] and found["scan"]["stopped"] == "bytes"


def test_a_budget_tells_of_progress_and_of_the_end() -> None:
    now, told = [0.0], list[Any]()
    budget = Budget(10, 1000, told.append, lambda: now[0])
    budget.count(5)
    assert told == [] and budget.stopped is None
    now[0] = 1.0
    budget.count(5)
    assert told == [{"records": 2, "bytes": 10}]
    now[0] = 10.0
    assert budget.stopped == "seconds"


def test_wrong_settings_and_no_request_are_errors(
    broker: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker)
    monkeypatch.delenv("KAFKA_TOPIC", raising=False)
    assert reader.main(['{"key": "aw=="}']) == 1
    assert "KAFKA_TOPIC is not set" in capsys.readouterr().out
    assert reader.main([]) == 1
