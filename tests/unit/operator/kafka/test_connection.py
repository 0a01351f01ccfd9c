import pytest
from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import connection
from tracedpipeline.kafka.connection import KafkaConnection

from tests.unit.operator.conftest import body


def test_what_the_spec_says_of_brokers_that_nobody_guards() -> None:
    spec = TracedPipeline.parse(body(kafka={"bootstrapServers": "kafka:9092"})).spec
    assert connection.from_spec(spec) == KafkaConnection("kafka:9092", protocol="PLAINTEXT")


def test_what_the_spec_says_of_brokers_that_are_guarded() -> None:
    security = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "credentialsSecret": "login", "caSecret": "ca"}
    spec = TracedPipeline.parse(body(kafka={"bootstrapServers": "kafka:9093", "security": security})).spec
    assert connection.from_spec(spec) == KafkaConnection(
        "kafka:9093", protocol="SASL_SSL", mechanism="PLAIN", credentials_secret="login", ca_secret="ca"
    )


def test_the_spec_does_not_tell_how_strimzis_cluster_is_reached() -> None:
    spec = TracedPipeline.parse(body(kafka={"cluster": {"name": "demo"}})).spec
    with pytest.raises(ValueError, match=r"^spec\.kafka\.cluster: only Strimzi's resources tell how that one is"):
        connection.from_spec(spec)


def test_each_client_has_the_same_connection() -> None:
    one = KafkaConnection("kafka:9092")
    assert connection.alike(one) == {naming.PRODUCER: one, naming.CONSUMER: one}
