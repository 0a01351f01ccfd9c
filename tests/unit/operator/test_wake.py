"""Whom a change in the memory wakes."""

from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.kubernetes_api.kinds import PIPELINE
from tracedpipeline.kubernetes_api.memory import EVERYWHERE
from tracedpipeline.queue import Queue
from tracedpipeline.wake import Waker

from tests.unit.operator.conftest import body

FIRST, SECOND = Key("shop", "first"), Key("shop", "second")


class Recorder(Queue[Key]):
    def __init__(self) -> None:
        self.added: list[Key] = []

    def add(self, key: Key, *, changed: bool = False) -> None:
        self.added.append(key)

    def news(self) -> list[Key]:
        found, self.added = self.added, []
        return found


@pytest.fixture
def waker() -> Waker:
    """A waker of two pipelines that read the same messages, and of others that do not."""
    found = Waker(Recorder())
    refused, served = status("False", reasons.TOPIC_AND_GROUP_IN_USE), status("True", reasons.ALL_AVAILABLE)
    others = [
        resource("first", status=served),
        resource("second", status=refused),
        resource("third", topic="others", status=refused),
        resource("fourth", status=served),  # of another Kafka cluster
    ]
    found.memory.begin_list(PIPELINE.name, EVERYWHERE)
    found.memory.replace(PIPELINE.name, EVERYWHERE, others)
    assert sorted(news(found)) == [FIRST, Key("shop", "fourth"), SECOND, Key("shop", "third")]
    return found


def status(ready: str, reason: str) -> dict[str, Any]:
    times = {"lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {"conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": "", **times}]}


def resource(name: str, version: int = 1, generation: int = 1, topic: str = "orders", **more: Any) -> dict[str, Any]:
    found = body(name, kafka={"bootstrapServers": "kafka:9092", "topic": {"name": topic}}, consumer={"groupId": "g"})
    found["metadata"] |= {"resourceVersion": str(version), "generation": generation}
    return found | more


def news(waker: Waker) -> list[Key]:
    queue = waker.queue
    assert isinstance(queue, Recorder)
    return queue.news()


@pytest.mark.parametrize("type", ["ADDED", "MODIFIED"])
def test_a_status_is_no_news_and_a_generation_is(waker: Waker, type: str) -> None:
    waker.memory.event(PIPELINE.name, type, resource("first", 2, status={"observedGeneration": 1}))
    assert news(waker) == []
    waker.memory.event(PIPELINE.name, type, resource("first", 3, generation=2))
    assert news(waker) == [FIRST]


def test_what_the_answer_to_our_own_write_of_the_status_tells_of_somebodys_change_is_news(waker: Waker) -> None:
    waker.memory.wrote(PIPELINE.name, resource("first", 3, generation=2), news=True)
    assert news(waker) == [FIRST]
    waker.memory.event(PIPELINE.name, "MODIFIED", resource("first", 2, generation=2))
    assert news(waker) == []


def test_who_was_refused_for_a_pipeline_is_woken_when_that_one_goes_or_reads_something_else(waker: Waker) -> None:
    waker.memory.event(PIPELINE.name, "MODIFIED", resource("first", 2, generation=2, topic="elsewhere"))
    assert news(waker) == [FIRST, SECOND]
    waker.memory.event(PIPELINE.name, "MODIFIED", resource("first", 3, generation=3))
    assert news(waker) == [FIRST]
    waker.memory.event(PIPELINE.name, "DELETED", resource("first", 4, generation=3))
    assert news(waker) == [FIRST, SECOND]


def test_who_was_refused_is_woken_when_the_other_goes_to_another_kafka_cluster(waker: Waker) -> None:
    moved = resource("first", 2, generation=2)
    moved["spec"]["kafka"]["bootstrapServers"] = "elsewhere:9092"
    waker.memory.event(PIPELINE.name, "MODIFIED", moved)
    assert news(waker) == [FIRST, SECOND]


def test_a_spec_that_cannot_be_understood_stands_in_nobodys_way_and_is_looked_at(waker: Waker) -> None:
    waker.memory.event(PIPELINE.name, "ADDED", resource("odd", spec={"kafka": 7}))
    assert news(waker) == [Key("shop", "odd")]


def test_an_object_wakes_its_pipeline_and_one_of_nobodys_wakes_none(waker: Waker) -> None:
    for instance, woken in (("first", [FIRST]), ("stranger", [])):
        metadata = {"namespace": "shop", "name": "x", "labels": {"app.kubernetes.io/instance": instance}}
        waker.memory.event("Pod", "ADDED", {"metadata": metadata})
        assert news(waker) == woken
