"""The main loop against a mock broker, its handler a fake."""

import time
from collections.abc import Callable, Iterator

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from traced_common import recreating_producer
from traced_common.kafka import LastError
from traced_common.order import Order, PoisonError
from traced_common.recreating_producer import RecreatingProducer
from traced_common.stop import Stop
from traced_consumer import app, commits, dead_letters, receiving, retries
from traced_consumer.commits import Commits
from traced_consumer.dead_letters import DeadLetters
from traced_consumer.membership import Membership
from traced_consumer.processing import Processing
from traced_consumer.receiving import Receiving
from traced_consumer.settings import ConsumerSettings

from tests.librdkafka import INIT_PRODUCER_ID, PRODUCE, MockKafka

Put = Callable[..., None]
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Bench:
    """A Receiving with real clients; its handler fails as often as `failures` says."""

    def __init__(
        self, variables: dict[str, str], dead_letter_servers: str | None = None, patience_ms: int = 50
    ) -> None:
        self.settings = ConsumerSettings.read(variables)
        self.exporter = InMemorySpanExporter()
        self.tracing = kafkatrace.configure("orders-consumer", exporter=self.exporter, sampling_ratio=1)
        self.receiving = Receiving(Membership(self.settings.group, LastError()))
        self.handled: list[int] = []
        self.failures: dict[int, list[Exception]] = {}
        client = {**self.settings.kafka.client_config(), "log_level": 0}
        del client["logger"]
        letters = {**client, **dead_letters.configuration()}
        if dead_letter_servers:
            letters |= {"bootstrap.servers": dead_letter_servers, "delivery.timeout.ms": patience_ms}
        self.producer = RecreatingProducer(
            lambda last_error: kafkatrace.Producer({**letters, "error_cb": last_error}, tracing=self.tracing)
        )
        config = app.configuration(self.settings.group, 60)
        self.consumer = kafkatrace.Consumer(
            {**client, **config, "on_commit": self.receiving.committed}, tracing=self.tracing
        )
        stop = Stop()
        self.letters = DeadLetters(self.producer, self.settings.dead_letter_topic, self.settings.group, stop)
        self.processing = Processing(
            self.consumer,
            self._handle,
            self.letters,
            0,
            stop,
        )

    def _handle(self, order: Order) -> None:
        if self.failures.get(order.sequence):
            raise self.failures[order.sequence].pop()
        self.handled.append(order.sequence)

    def assign(self, *partitions: int) -> None:
        """Take partitions without the group, which takes seconds to form."""
        self.consumer.assign([TopicPartition(self.settings.topic, each, 0) for each in partitions])

    def turn_until(self, done: Callable[[], bool]) -> None:
        while not done():
            self.receiving.run_once(self.consumer, self.processing)
            self.letters.serve()

    def committed(self, partition: int = 0) -> int:
        """Ask the broker; -1001 is librdkafka's "nothing"."""
        place = TopicPartition(self.settings.topic, partition)
        return self.consumer.committed([place], timeout=10)[0].offset

    def spans(self, name: str) -> list[ReadableSpan]:
        self.tracing.shutdown()
        return [span for span in self.exporter.get_finished_spans() if span.name.startswith(name)]

    def close(self) -> None:
        self.consumer.close()
        self.producer.flush(0)
        self.tracing.shutdown()


@pytest.fixture
def bench(variables: dict[str, str]) -> Iterator[Bench]:
    bench = Bench(variables)
    yield bench
    bench.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST_DELAY", 0.01)
    monkeypatch.setattr(receiving, "_POLL_SECONDS", 0.02)
    monkeypatch.setattr(commits, "_SECONDS_BETWEEN", 0.02)


def read(broker: str, topic: str) -> Message:
    config = {"bootstrap.servers": broker, "group.id": "reader", "log_level": 0}
    with confluent_kafka.Consumer(config) as consumer:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(4)])
        (message,) = consumer.consume(1, 30)
        return message


def committed_by_now(broker: str, group: str, topic: str) -> int:
    config = {"bootstrap.servers": broker, "group.id": group, "log_level": 0}
    with confluent_kafka.Consumer(config) as other:
        return other.committed([TopicPartition(topic, 0)], timeout=10)[0].offset


def test_commits_what_it_processed(bench: Bench, put: Put) -> None:
    put(1, 2, 3)
    put(4, partition=1)
    bench.assign(0, 1)
    bench.turn_until(lambda: (bench.committed(0), bench.committed(1)) == (3, 1))
    assert sorted(bench.handled) == [1, 2, 3, 4]
    assert bench.receiving.processed == 4


def test_commits_nothing_before_it_is_processed(bench: Bench, put: Put) -> None:
    bench.failures[1] = [ValueError("no")] * 3
    put(1, 2)
    bench.assign(0)
    bench.turn_until(lambda: bench.receiving.failed == 3)
    assert bench.committed() == -1001


def test_a_failed_order_comes_again_before_those_behind_it(bench: Bench, put: Put) -> None:
    bench.failures[2] = [ValueError("no"), ValueError("no")]
    put(1, 2, 3)
    put(10, 11, partition=1)
    bench.assign(0, 1)
    bench.turn_until(lambda: (bench.committed(0), bench.committed(1)) == (3, 2))
    assert [sequence for sequence in bench.handled if sequence < 10] == [1, 2, 3]
    assert bench.receiving.failed == 2


def test_a_failed_order_is_a_problem_while_it_blocks(bench: Bench, put: Put) -> None:
    bench.failures[1] = [ValueError("no stock")]
    put(1)
    bench.assign(0)
    bench.receiving._membership.assigned([TopicPartition("any", 0)])
    bench.turn_until(lambda: bench.receiving.failed == 1)
    problem = bench.receiving.problem()
    assert problem is not None and problem.endswith("after 1 attempts: ValueError: no stock")
    bench.turn_until(lambda: bool(bench.handled))
    assert bench.receiving.problem() is None


def test_poison_goes_to_the_dead_letter_topic_with_its_headers_trace_and_reason(
    bench: Bench, put: Put, broker: str, topic: str
) -> None:
    put(b"not an order", headers=[("tenant", b"acme"), ("traceparent", TRACEPARENT.encode())])
    put(2)
    bench.assign(0)
    bench.turn_until(lambda: bench.committed() == 2)
    assert bench.handled == [2]
    letter = read(broker, f"{topic}.dlq")
    assert (letter.key(), letter.value()) == (b"k", b"not an order")
    headers = letter.headers()
    assert isinstance(headers, list)
    fields = dict(headers)
    assert len(fields) == len(headers)
    traceparent = fields.pop("traceparent")
    assert fields == {
        "tenant": b"acme",
        "dead-letter.reason": b"not JSON: Expecting value: line 1 column 1 (char 0)",
        "dead-letter.topic": topic.encode(),
        "dead-letter.partition": b"0",
        "dead-letter.offset": b"0",
        "dead-letter.group": f"group-of-{topic}".encode(),
    }
    (sent,) = bench.spans(f"send {topic}.dlq")
    failed = next(span for span in bench.spans("process") if span.status.status_code is StatusCode.ERROR)
    assert sent.context and sent.parent and failed.context
    assert f"{sent.context.trace_id:032x}" == TRACE
    assert sent.parent.span_id == failed.context.span_id
    assert traceparent == f"00-{TRACE}-{sent.context.span_id:016x}-01".encode()


def test_a_handler_may_call_an_order_poison(bench: Bench, put: Put, broker: str, topic: str) -> None:
    bench.failures[1] = [PoisonError("customer unknown")]
    put(1)
    bench.assign(0)
    bench.turn_until(lambda: bench.committed() == 1)
    assert bench.receiving.dead_lettered == 1
    assert read(broker, f"{topic}.dlq").value() is not None


def test_a_header_with_an_unreadable_name_does_not_block() -> None:
    class Unreadable:
        def headers(self) -> None:
            raise SystemError

    assert dead_letters._headers(Unreadable()) == [  # type: ignore[arg-type]
        ("dead-letter.headers-lost", "unreadable: SystemError")
    ]


def test_an_undeliverable_dead_letter_is_not_committed_and_comes_again(variables: dict[str, str], put: Put) -> None:
    bench = Bench(variables, dead_letter_servers="127.0.0.1:1")
    put(b"poison", 2)
    bench.assign(0)
    bench.turn_until(lambda: bench.receiving.failed == 3)
    assert bench.committed() == -1001
    assert bench.handled == []
    assert bench.receiving.dead_lettered == 0
    bench.close()


@pytest.mark.parametrize(
    ("request_kind", "code", "name"),
    [
        (PRODUCE, KafkaError.TOPIC_AUTHORIZATION_FAILED, "TOPIC_AUTHORIZATION_FAILED"),
        (INIT_PRODUCER_ID, KafkaError.CLUSTER_AUTHORIZATION_FAILED, "CLUSTER_AUTHORIZATION_FAILED"),
    ],
)
def test_a_denied_dead_letter_says_so_and_goes_out_when_the_right_is_there(
    variables: dict[str, str],
    put: Put,
    failing: MockKafka,
    monkeypatch: pytest.MonkeyPatch,
    request_kind: int,
    code: int,
    name: str,
) -> None:
    monkeypatch.setattr(recreating_producer, "_SECONDS_BETWEEN", 3600)
    failing.fail(request_kind, code, 1)
    bench = Bench(variables, dead_letter_servers=failing.servers, patience_ms=10_000)
    bench.receiving._membership.assigned([TopicPartition("any", 0)])
    put(b"poison", 2)
    bench.assign(0)
    bench.turn_until(lambda: bench.receiving.failed == 1)
    problem = bench.receiving.problem()
    assert problem is not None and name in problem
    monkeypatch.setattr(recreating_producer, "_SECONDS_BETWEEN", 0)
    bench.turn_until(lambda: bench.committed() == 2)
    assert read(failing.servers, bench.settings.dead_letter_topic).value() == b"poison"
    assert bench.receiving.problem() is None
    bench.close()


def test_a_dead_letter_that_is_too_large_is_cut_until_it_fits_and_blocks_nothing(
    variables: dict[str, str], put: Put, failing: MockKafka
) -> None:
    failing.fail(PRODUCE, KafkaError.MSG_SIZE_TOO_LARGE, 2)
    bench = Bench(variables, dead_letter_servers=failing.servers, patience_ms=10_000)
    put(b"x" * 200_000, headers=[("large", b"y" * 5_000)])
    put(2)
    bench.assign(0)
    bench.turn_until(lambda: bench.committed() == 2)
    assert (bench.receiving.failed, bench.receiving.dead_lettered) == (0, 1)
    letter = read(failing.servers, bench.settings.dead_letter_topic)
    headers = letter.headers()
    assert isinstance(headers, list)
    assert dict(headers)["dead-letter.truncated"] == b"key 1 bytes, value 200000 bytes, 1 headers"
    value = letter.value()
    assert value is not None and 0 < len(value) < 10_000
    bench.close()


def test_a_dead_letter_without_an_answer_has_its_producer_re_created_and_goes_out_later(
    variables: dict[str, str], put: Put, failing: MockKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recreating_producer, "_SECONDS_BETWEEN", 0.2)
    failing.down()
    bench = Bench(variables, dead_letter_servers=failing.servers, patience_ms=2_000)
    put(b"poison", 2)
    bench.assign(0)
    bench.turn_until(lambda: bench.producer.generation > 0)
    failing.up()
    bench.turn_until(lambda: bench.committed() == 2)
    assert read(failing.servers, bench.settings.dead_letter_topic).value() == b"poison"
    bench.close()


def test_a_denial_before_there_is_a_dead_letter_is_told_with_the_first(
    variables: dict[str, str], failing: MockKafka
) -> None:
    failing.fail(INIT_PRODUCER_ID, KafkaError.CLUSTER_AUTHORIZATION_FAILED, 1)
    bench = Bench(variables, dead_letter_servers=failing.servers)
    with pytest.raises(KafkaException, match="_FATAL"):  # nobody has polled: only librdkafka knows
        while True:
            bench.producer.current.produce("dlq", value=b"x")
            time.sleep(0.01)
    letter = Message(topic="orders", partition=0, offset=0, value=b"x")
    for _ in range(2):
        with pytest.raises(dead_letters.UndeliveredError, match="CLUSTER_AUTHORIZATION_FAILED"):
            bench.letters.send(letter, "poison")
    bench.close()


def test_a_stop_ends_the_wait_for_a_dead_letter(variables: dict[str, str]) -> None:
    bench = Bench(variables, dead_letter_servers="127.0.0.1:1")
    stop = Stop()
    stop.request()
    letters = DeadLetters(bench.producer, "dlq", "g", stop)
    with pytest.raises(dead_letters.UndeliveredError, match="not delivered to dlq: no delivery report"):
        letters.send(Message(topic="orders", partition=0, offset=0, value=b"x"), "poison")
    bench.close()


def test_revoked_partitions_are_committed_first(
    bench: Bench, put: Put, monkeypatch: pytest.MonkeyPatch, broker: str, topic: str
) -> None:
    monkeypatch.setattr(Commits, "when_due", lambda *_: None)
    put(1, 2)
    bench.receiving.subscribe(bench.consumer, topic)
    bench.turn_until(lambda: bench.handled == [1, 2])
    assert bench.committed() == -1001
    bench.consumer.close()
    assert committed_by_now(broker, bench.settings.group, topic) == 2


def test_lost_partitions_are_not_committed(
    bench: Bench, put: Put, broker: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Commits, "when_due", lambda *_: None)
    put(1)
    bench.assign(0)
    bench.turn_until(lambda: bench.handled == [1])
    bench.receiving._lost(bench.consumer, [TopicPartition(topic, 0)])
    bench.receiving.close(bench.consumer)
    assert bench.receiving._offsets.outstanding() == []
    assert committed_by_now(broker, bench.settings.group, topic) == -1001
