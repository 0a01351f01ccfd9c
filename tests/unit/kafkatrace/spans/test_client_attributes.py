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
    """Knows its cluster after some time."""

    def __init__(self) -> None:
        self.asked = 0

    def cluster_id(self, timeout: float = -1) -> str:
        assert timeout == 0, "nobody may wait for it"
        self.asked += 1
        if self.asked < 3:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return "cluster-1"


def test_the_cluster_id_is_asked_for_until_it_is_known() -> None:
    client, cluster = Client(), ClusterId()
    known = []
    for _ in range(4):
        cluster.learn(client)
        known.append(cluster.attributes())
    assert known == [{}, {}, *[{"messaging.kafka.cluster.id": "cluster-1"}] * 2]
    assert client.asked == 3
