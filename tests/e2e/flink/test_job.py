"""Flink runs the consumer: what a person sees of it, and what must not get lost."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.e2e import kube, topics
from tests.e2e.flink.steps import ByFlink, nothing_is_lost

Jaeger = Callable[[str, str, str], Any]


def test_the_first_trace(by_flink: ByFlink, jaeger: Jaeger) -> None:
    namespace, name, _ = by_flink
    row = kube.kubectl("get", "tp", name, "-n", namespace, "--no-headers").split()
    assert row[:4] == [name, "True", "Flowing", "Flink"]
    ready = kube.condition(namespace, name, "ConsumerReady")
    assert (ready["reason"], "parallelism 1" in ready["message"]) == ("JobRunning", True)
    last = kube.get(namespace, "tp", name)["status"]["lastTrace"]
    spans = json.dumps(jaeger(namespace, name, f"/api/v3/traces/{last['id']}"))
    assert {"send", "queue", "process"} <= set(re.findall(r'"name": "(\w+) ', spans))


def test_results_go_on_with_the_trace(by_flink: ByFlink) -> None:
    results = [r for r in topics.read(f"{by_flink.topic}.results") if "order" in r.document]
    begun = {re.findall(r"traceparent:00-([0-9a-f]{32})-", r.headers)[0] for r in topics.read(by_flink.topic)}
    contexts = [re.findall(r"traceparent:00-([0-9a-f]{32})-[0-9a-f]{16}-0[13]\b", r.headers) for r in results]
    assert results
    assert all(len(found) == 1 for found in contexts), "each result has exactly one traceparent"
    assert {found[0] for found in contexts} <= begun, "of the message that it is the result of"


def test_flinks_own_spans_have_a_service_of_their_own(by_flink: ByFlink, jaeger: Jaeger) -> None:
    namespace, name, _ = by_flink
    services = kube.until(
        "Flink's checkpoints are in Jaeger",
        60,
        lambda: f"{name}-flink" in (found := jaeger(namespace, name, "/api/v3/services")["services"]) and found,
    )
    assert f"{name}-consumer" in services


def test_a_record_that_is_no_order_goes_to_the_dead_letter_topic(by_flink: ByFlink) -> None:
    namespace, name, topic = by_flink
    trace = "0af7651916cd43dd8448eb211c80319c"
    topics.write(topic, f"traceparent:00-{trace}-b7ad6b7169203331-01,mine:kept", "not an order")

    def dead() -> list[topics.Record]:
        return [r for r in topics.read(f"{topic}.dlq") if r.value == "not an order"]

    (letter,) = kube.until("the dead letter is there", 60, dead)
    assert "mine:kept" in letter.headers
    assert re.search(rf"traceparent:00-{trace}-", letter.headers), "the dead letter is part of the trace"
    assert f"dead-letter.topic:{topic}" in letter.headers
    assert kube.condition(namespace, name, "ConsumerReady")["status"] == "True"


def test_a_task_manager_dies_and_no_record_is_lost(by_flink: ByFlink) -> None:
    namespace, name, topic = by_flink
    by_flink.end("taskmanager")
    kube.until_condition(namespace, name, "ConsumerReady", "False", seconds=120)
    by_flink.runs_again()
    nothing_is_lost(topic)
