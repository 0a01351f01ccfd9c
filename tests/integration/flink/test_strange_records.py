"""Whatever a record is, the job goes on and the record is somewhere."""

import json
from collections.abc import Callable

import confluent_kafka
import pytest

from .collector import Collector
from .conftest import SERVERS, Job, Topics, at_least, headers, order
from .test_traces import SENT, TRACE


def test_a_bad_record_goes_to_the_dead_letter_topic_with_its_context(
    topics: Topics, spans: Collector, start: Callable[..., Job]
) -> None:
    topics.send(b"no order", b"key-1", [("traceparent", SENT), ("tenant", b"acme")])
    start()
    (letter,) = topics.read(".dlq", at_least(1))
    found = spans.wait(lambda all_: any(span.name.startswith("process") for span in all_))
    (processed,) = [span for span in found if span.name.startswith("process")]
    (message,) = [letter]
    assert (message.key(), message.value()) == (b"key-1", b"no order")
    partition = processed.attributes["messaging.destination.partition.id"]
    assert headers(message) == {
        "traceparent": f"00-{TRACE}-{processed.id}-01".encode(),
        "tenant": b"acme",
        "dead-letter.reason": b"not JSON: Expecting value: line 1 column 1 (char 0)",
        "dead-letter.topic": topics.name.encode(),
        "dead-letter.partition": partition.encode(),
        "dead-letter.offset": b"0",
        "dead-letter.group": f"{topics.name}-group".encode(),
    }
    assert processed.failed
    assert processed.attributes["error.type"] == "traced_common.order.PoisonError"


STRANGE = {
    "a null value": (None, b"key", None),
    "no key, no headers": (b"x", None, None),
    "an empty value": (b"", b"", [("", b"")]),
    "bytes that are no text": (b"\xff\xfe\x00", b"\xff", [("bin", b"\x00\xff")]),
    "a malformed context": (b"x", None, [("traceparent", b"\xff"), ("tracestate", b"\xfe"), ("baggage", b"\xfd=\xfc")]),
    "a context of another length": (b"x", None, [("traceparent", SENT.encode() * 3)]),
    "large headers": (b"x", None, [("large" * 100, b"y" * 100_000)]),
    "headers of the same name": (b"x", None, [("twice", b"1"), ("twice", b"2")]),
    "a header without a value": (b"x", None, [("null", None), ("traceparent", SENT.encode())]),
    "an amount beyond arithmetic": (order(1, amount="1e999999999"), b"key", None),
    "a sum beyond arithmetic": (order(1, amount="9e999999"), b"key", None),
    "an amount beyond memory": (order(1, amount="1e-999999999"), b"key", None),
    "half a surrogate pair": (order(1, "\ud800"), b"key", None),
    "a NUL": (order(1, "a\0b"), b"key", None),
    "a customer beyond measure": (order(1, "\N{GRINNING FACE}" * 1_001), b"key", None),
    "a time before time": (order(1).replace(b"2026-01-01T00:00:00+00:00", b"0001-01-01T00:00:00+23:59"), b"key", None),
}
UNUSUAL = {
    "the longest customer": order(1, "\N{GRINNING FACE}" * 1_000),
    "the largest amount": order(1, amount="999999999999999"),
    "the smallest": order(1, amount="0.000000000000000001"),
    "an exponent": order(1, amount="1e14"),
}
# With what a dead letter adds it is larger than its topic takes.
LARGE = b"x" * 1_048_400
LARGE_PRODUCER = {"bootstrap.servers": SERVERS, "message.max.bytes": 2_000_000}


@pytest.mark.parametrize("mode", ["Process", "Thread"])
def test_strange_records_cost_nothing(topics: Topics, start: Callable[..., Job], mode: str) -> None:
    for value, key, given in STRANGE.values():
        topics.send(value, key, given)
    topics.send(LARGE, b"large", [("traceparent", SENT)], confluent_kafka.Producer(LARGE_PRODUCER))
    for number in range(3):
        topics.send(order(number), headers=[("null", None), ("null", b"1"), ("traceparent", SENT)])
    for value in UNUSUAL.values():
        topics.send(value)
    start(FLINK_PYTHON_MODE=mode)
    found = topics.read(".dlq", at_least(len(STRANGE) + 1))
    results = topics.read(".results", at_least(3 + len(UNUSUAL)))
    assert (len(found), len(results)) == (len(STRANGE) + 1, 3 + len(UNUSUAL))
    totals = [json.loads(each.value() or b"") for each in results]
    assert [each["orders"] for each in totals if each["customer"] == "\N{GRINNING FACE}" * 1_000] == [1]
    last = max((each for each in totals if each["customer"] == "customer-1"), key=lambda each: each["orders"])
    assert last["total"] == "1100000000000003.500000000000000001"
    (large,) = [each for each in found if each.key() == b"large"]
    assert headers(large)["dead-letter.truncated"] == b"key 5 bytes, value 1048400 bytes, 1 headers"
    assert 1_047_000 < len(large.value() or b"") < len(LARGE)
    letters = [each for each in found if each is not large]
    expected = sorted((key or b"-", value or b"-") for value, key, _ in STRANGE.values())
    assert sorted((each.key() or b"-", each.value() or b"-") for each in letters) == expected
    said = {name: value for each in letters for name, value in headers(each).items()}
    assert said["twice"] == b"2"
    assert said["null"] == b""
    assert said["bin"] == b"\x00\xff"
