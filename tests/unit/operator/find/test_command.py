"""The whole command on this machine: a mock broker, a fake Jaeger, the reader as a process of its own."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition
from tracedpipeline import cli
from tracedpipeline.find import command
from tracedpipeline.find.question import Question

from tests.unit.operator.jaeger.fake import FakeJaeger, message, serving


def put(broker: str, topic: str, trace: str, key: str = "customer-7") -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "log_level": 0})
    headers: list[tuple[str, str | bytes | None]] = [("traceparent", f"00-{trace}-{'1' * 16}-01")]
    producer.produce(topic, b"{}", key=key, partition=0, headers=headers)
    producer.produce(f"{topic}.dlq", b"", partition=0)
    assert producer.flush(10) == 0


def commit(broker: str, topic: str, offset: int) -> None:
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": f"group-of-{topic}", "log_level": 0})
    consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
    consumer.close()


def variables(broker: str, topic: str) -> dict[str, str]:
    return {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        "KAFKA_TOPIC": topic,
        "KAFKA_GROUP_ID": f"group-of-{topic}",
    }


async def ask(jaeger: FakeJaeger, broker: str, topic: str, asked: Question, told: list[str]) -> tuple[str, bool]:
    async with serving(jaeger) as url:
        return await command.here("orders", asked, variables(broker, topic), url, told.append)


async def test_it_changes_its_answer_as_the_message_goes_on(broker: str, topic: str) -> None:
    jaeger, told, asked = FakeJaeger(), list[str](), Question(key=b"customer-7")
    spans = message(time.time_ns(), topic=topic)
    trace = spans[0].trace_id
    put(broker, topic, trace)
    text, found = await ask(jaeger, broker, topic, asked, told)
    assert (
        found
        and "  queued: no record is before it; nothing was committed" in text
        and f"{topic}[0]@0  key customer-7" in text
    )
    commit(broker, topic, 1)
    text, _ = await ask(jaeger, broker, topic, asked, told)
    assert "committed past without a process span" in text and "on their way" in text
    jaeger.take(*spans[:2], replace(spans[2], place=(0, 0)))
    text, _ = await ask(jaeger, broker, topic, asked, told)
    assert "  processed: " in text and trace in text
    text, found = await ask(jaeger, broker, topic, Question(trace=trace), told)
    assert found and "  processed: " in text


async def test_a_trace_whose_spans_name_a_place_is_not_scanned_for(broker: str, topic: str) -> None:
    jaeger, told = FakeJaeger(), list[str]()
    spans = message(time.time_ns(), topic=topic)
    jaeger.take(replace(spans[0], place=(0, 0)), *spans[1:])
    put(broker, topic, spans[0].trace_id)
    text, found = await ask(jaeger, broker, topic, Question(trace=spans[0].trace_id), told)
    assert found and "processed" in text
    assert not any("looking at all" in each for each in told)


async def test_without_the_trace_store_kafka_still_answers(broker: str, topic: str) -> None:
    told = list[str]()
    put(broker, topic, "a" * 32)
    commit(broker, topic, 1)
    asked = Question(key=b"customer-7")
    text, found = await command.here("orders", asked, variables(broker, topic), "http://127.0.0.1:9", told.append)
    assert found and "the trace store did not answer" in text
    assert any("without the trace store" in each for each in told)


@pytest.fixture(autouse=True)
def nothing_runs_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pipeline that runs on this machine meanwhile is not the one that is asked about."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["tracedpipeline", "find", "orders", "--local", *arguments])
    cli.main()


def test_what_is_not_found_is_exit_code_1(
    broker: str, topic: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(broker, topic, "a" * 32)
    for name, value in variables(broker, topic).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "--key", "nobody")
    assert ended.value.code == 1
    assert f"not found: no record with key nobody among the 1 records that {topic} has" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--offset", "x"), "expected PARTITION/OFFSET"),
        (("--trace", "x"), "32 hexadecimal"),
        (("--key", r"\q"), "in the key"),
        (("--key", "k"), "KAFKA_TOPIC is not set"),
    ],
)
def test_what_cannot_be_carried_out_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.delenv("KAFKA_TOPIC", raising=False)
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, *arguments)
    assert said in str(ended.value.code) and "Traceback" not in str(ended.value.code)
