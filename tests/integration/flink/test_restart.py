"""A job that dies and starts again."""

import json
import time
from collections import Counter
from collections.abc import Callable

import confluent_kafka
import pytest

from .collector import Collector
from .conftest import SERVERS, Job, Topics, order
from .test_traces import SENT

ORDERS = 6000


def fill(topics: Topics, numbers: range) -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": SERVERS})
    for number in numbers:
        value = order(number, customer=f"customer-{number % 50}", amount="1")
        producer.produce(topics.name, value, str(number), headers=[("traceparent", SENT)])
    assert producer.flush(30) == 0


def snapshot_of(job: Job) -> None:
    deadline = time.monotonic() + 240
    while not list(job.state.glob("checkpoints/*/chk-*/_metadata")):
        assert time.monotonic() < deadline, "no checkpoint in 240 s"
        time.sleep(0.2)


@pytest.mark.parametrize("delivery", ["AtLeastOnce", "ExactlyOnce"])
def test_no_order_is_lost_and_no_total_counts_one_twice(
    topics: Topics, spans: Collector, start: Callable[..., Job], delivery: str
) -> None:
    job = start(FLINK_DELIVERY=delivery, FLINK_WINDOW_MS="3600000")
    fill(topics, range(100))
    snapshot_of(job)
    fill(topics, range(100, ORDERS))
    topics.read(".results", lambda found: len(found) >= 500)
    job.kill()
    job.start()

    seen: set[str] = set()

    def all_there(found: list[confluent_kafka.Message]) -> bool:
        seen.update(json.loads(each.value() or b"")["order"] for each in found[-1:])  # one came since it was asked last
        return len(seen) == ORDERS

    found = topics.read(".results", all_there)
    results = [json.loads(each.value() or b"") for each in found]
    times = Counter(each["order"] for each in results)
    last = {each["customer"]: int(each["total"]) for each in results}
    highest = {
        customer: max(int(each["total"]) for each in results if each["customer"] == customer) for customer in last
    }
    assert highest == dict.fromkeys(highest, ORDERS // 50)
    if delivery == "ExactlyOnce":
        assert set(times.values()) == {1}
    marked = [span for span in spans.wait(lambda all_: all_) if span.attributes.get("flink.replay.possible")]
    assert {span.name for span in marked} == {f"process {topics.name}", "total orders"}
