import pytest
from confluent_kafka import KafkaError, KafkaException
from kafkatrace.spans.client_attributes import ClusterId, client_attributes, key_text
from kafkatrace.spans.errors import name_of


@pytest.mark.parametrize(
    ("servers", "address", "port"),
    [
        ("kafka.kafka.svc:9093,other:1", "kafka.kafka.svc", 9093),
        ("SASL_SSL://broker:9094", "broker", 9094),
        ("broker", "broker", 9092),
        ("[::1]:9095", "::1", 9095),
        ("[::1]", "::1", 9092),
    ],
)
def test_the_first_bootstrap_server(servers: str, address: str, port: int) -> None:
    attributes = client_attributes({"bootstrap.servers": servers})
    assert (attributes["server.address"], attributes["server.port"]) == (address, port)


def test_a_client_without_servers_says_nothing_of_them() -> None:
    assert "server.address" not in client_attributes({})


@pytest.mark.parametrize("key", [b"\xff", "\ud800", "k" * 1025, b"k" * 1025, None, 7])
def test_a_key_without_a_canonical_form_is_left_out(key: object) -> None:
    assert key_text(key) is None


@pytest.mark.parametrize("key", ["Amélie", "Amélie".encode()])
def test_a_key_that_is_text_is_shown(key: str | bytes) -> None:
    assert key_text(key) == "Amélie".encode()


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT)), "_MSG_TIMED_OUT"),
        (KafkaException("no KafkaError in it"), "cimpl.KafkaException"),
        (ValueError("x"), "ValueError"),
        (pytest.UsageError("x"), "pytest.UsageError"),
    ],
)
def test_the_error_type(error: Exception, name: str) -> None:
    assert name_of(error) == name


def test_the_error_type_of_a_delivery_report() -> None:
    assert name_of(KafkaError(KafkaError._MSG_TIMED_OUT)) == "_MSG_TIMED_OUT"


class Client:
    """Knows its cluster when its broker has come, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.broker_is_there = False

    def cluster_id(self, timeout: float = -1) -> str:
        assert timeout == 0, "nobody may wait for it"
        self.asked += 1
        if not self.broker_is_there:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return "cluster-1"


class Closed(Client):
    def cluster_id(self, timeout: float = -1) -> str:
        self.asked += 1
        raise RuntimeError("Consumer closed")


class Clock:
    """Moves as far as it is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask_for(seconds: float, step: float, cluster: ClusterId, client: Client, clock: Clock) -> None:
    """Call learn() as an application that polls at this interval does."""
    for _ in range(round(seconds / step)):
        cluster.learn(client)
        clock.now += step


def test_the_cluster_id_is_asked_for_until_it_is_known() -> None:
    clock, client = Clock(), Client()
    cluster = ClusterId(clock)
    ask_for(1, 0.01, cluster, client, clock)
    assert cluster.attributes() == {}
    client.broker_is_there = True
    ask_for(0.12, 0.01, cluster, client, clock)  # a tenth of the time that it took, and one poll more
    assert cluster.attributes() == {"messaging.kafka.cluster.id": "cluster-1"}
    asked = client.asked
    ask_for(120, 1, cluster, client, clock)
    assert client.asked == asked


@pytest.mark.parametrize("kind", [Client, Closed])
@pytest.mark.parametrize("step", [0.01, 0.1])
def test_a_client_without_broker_is_asked_ever_more_rarely(kind: type[Client], step: float) -> None:
    clock, client = Clock(), kind()
    cluster = ClusterId(clock)
    ask_for(600, step, cluster, client, clock)
    assert 50 < client.asked < 150
    before = client.asked
    ask_for(600, step, cluster, client, clock)
    assert 7 <= client.asked - before <= 10, "about one a minute from then on"


def test_polls_in_a_tight_loop_ask_once() -> None:
    clock, client = Clock(), Client()
    cluster = ClusterId(clock)
    for _ in range(10_000):
        cluster.learn(client)
    assert client.asked == 1
    client.broker_is_there = True
    ask_for(61, 0.5, cluster, client, clock)
    assert cluster.value == "cluster-1"


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ({}, {"messaging.client.id": "rdkafka"}),
        ({"client.id": "billing-0"}, {"messaging.client.id": "billing-0"}),
        ({"group.id": "billing"}, {"messaging.client.id": "rdkafka", "messaging.consumer.group.name": "billing"}),
        (
            {"metadata.broker.list": " broker:1 ,other:2"},
            {"messaging.client.id": "rdkafka", "server.address": "broker", "server.port": 1},
        ),
        (
            {"bootstrap.servers": "a:1", "metadata.broker.list": "b:2"},
            {"messaging.client.id": "rdkafka", "server.address": "a", "server.port": 1},
        ),
        (
            {"bootstrap.servers": "SSL://XX.example"},
            {"messaging.client.id": "rdkafka", "server.address": "XX.example", "server.port": 9092},
        ),
        (
            {"bootstrap.servers": "XX.example:1"},
            {"messaging.client.id": "rdkafka", "server.address": "XX.example", "server.port": 1},
        ),
    ],
)
def test_what_a_client_says_of_itself(conf: dict[str, object], expected: dict[str, object]) -> None:
    assert client_attributes(conf) == {"messaging.system": "kafka", **expected}


@pytest.mark.parametrize("key", ["k" * 1024, b"k" * 1024])
def test_a_key_of_a_kibibyte_is_shown(key: str | bytes) -> None:
    assert key_text(key) == b"k" * 1024


def test_the_next_question_is_due_after_a_tenth_of_the_time_since_the_first() -> None:
    clock, client = Clock(), Client()
    cluster = ClusterId(clock)
    asked = []
    for now in (1000.0, 1000.0005, 1000.001, 1010.0, 1010.95, 1011.0, 2000.0, 2059.9, 2060.0):
        clock.now = now
        before = client.asked
        cluster.learn(client)
        asked.append(client.asked - before)
    assert asked == [1, 0, 1, 1, 0, 1, 1, 0, 1]
