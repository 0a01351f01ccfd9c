"""Whatever a record is, the job goes on and the record is somewhere."""

from collections.abc import Callable

import pytest

from .collector import Collector
from .conftest import Job, Topics, at_least, headers, order
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
}


@pytest.mark.parametrize("mode", ["Process", "Thread"])
def test_strange_records_cost_nothing(topics: Topics, start: Callable[..., Job], mode: str) -> None:
    for value, key, given in STRANGE.values():
        topics.send(value, key, given)
    for number in range(3):
        topics.send(order(number), headers=[("null", None), ("null", b"1"), ("traceparent", SENT)])
    start(FLINK_PYTHON_MODE=mode)
    letters = topics.read(".dlq", at_least(len(STRANGE)))
    results = topics.read(".results", at_least(3))
    assert (len(letters), len(results)) == (len(STRANGE), 3)
    expected = sorted((key or b"-", value or b"-") for value, key, _ in STRANGE.values())
    assert sorted((each.key() or b"-", each.value() or b"-") for each in letters) == expected
    said = {name: value for each in letters for name, value in headers(each).items()}
    assert said["twice"] == b"2"
    assert said["null"] == b""
    assert said["bin"] == b"\x00\xff"
