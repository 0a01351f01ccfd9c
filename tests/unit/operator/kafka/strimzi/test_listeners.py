from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.kafka.strimzi.listeners import Listener, choose
from tracedpipeline.verdict import Verdict

from tests.unit.operator.kafka.strimzi.conftest import MTLS, NEW, OAUTH, OUTSIDE, PLAIN, SCRAM, TLS, kafka


@pytest.mark.parametrize(
    ("listeners", "chosen"),
    [
        ([PLAIN], "plain"),
        ([PLAIN, TLS], "tls"),
        ([PLAIN, TLS, SCRAM], "scram"),
        ([PLAIN, TLS, MTLS, SCRAM], "mtls"),
        ([OUTSIDE, PLAIN], "plain"),
        ([OAUTH, TLS], "tls"),
    ],
)
def test_the_safest_internal_listener_is_chosen(listeners: list[dict[str, Any]], chosen: str) -> None:
    found = choose(kafka(*listeners), None)
    assert isinstance(found, Listener)
    assert found.name == chosen


@pytest.mark.parametrize(
    ("listener", "protocol"),
    [
        (PLAIN, "PLAINTEXT"),
        (TLS, "SSL"),
        (MTLS, "SSL"),
        (SCRAM, "SASL_SSL"),
        ({**SCRAM, "tls": False}, "SASL_PLAINTEXT"),
    ],
)
def test_the_protocol_follows_from_the_listener(listener: dict[str, Any], protocol: str) -> None:
    found = choose(kafka(listener), listener["name"])
    assert isinstance(found, Listener)
    assert found.protocol == protocol


def test_a_named_listener_may_be_one_for_the_outside() -> None:
    found = choose(kafka(PLAIN, OUTSIDE), "outside")
    assert isinstance(found, Listener)
    assert found.bootstrap_servers == "demo-kafka-bootstrap.shop.svc:9097"


@pytest.mark.parametrize(
    ("resource", "wanted", "said"),
    [
        (
            kafka(PLAIN, TLS),
            "mtls",
            "Kafka demo has no listener 'mtls', but plain, tls: fix kafka.cluster.listener, or add the listener",
        ),
        (
            kafka(),
            "tls",
            "Kafka demo has no listener 'tls', but none at all: fix kafka.cluster.listener, or add the listener",
        ),
        (
            kafka(OAUTH),
            "oauth",
            "listener 'oauth' of Kafka demo asks for custom, which no KafkaUser has: "
            "name one with tls, scram-sha-512 or none",
        ),
        (
            kafka(OUTSIDE, OAUTH),
            None,
            "Kafka demo has no internal listener that a KafkaUser can use: add one, or name kafka.cluster.listener",
        ),
    ],
)
def test_no_such_listener(resource: dict[str, Any], wanted: str | None, said: str) -> None:
    assert choose(resource, wanted) == Verdict(False, reasons.LISTENER_NOT_FOUND, said)


def test_a_listener_that_strimzi_has_not_published_yet() -> None:
    resource = kafka(PLAIN, TLS)
    resource["status"]["listeners"].pop()
    assert choose(resource, "tls") == Verdict(
        False, reasons.KAFKA_NOT_READY, "Strimzi has not yet published listener 'tls' of Kafka demo"
    )


def test_a_listener_as_strimzi_publishes_it() -> None:
    assert choose(kafka(PLAIN, MTLS), "mtls") == Listener(
        "mtls", "demo-kafka-bootstrap.shop.svc:9094", True, "tls", (NEW,)
    )
    assert choose(kafka(PLAIN, MTLS), "plain") == Listener(
        "plain", "demo-kafka-bootstrap.shop.svc:9092", False, None, ()
    )


def test_a_listener_that_was_removed_and_is_still_published_is_not_chosen() -> None:
    resource = kafka(PLAIN, TLS)
    resource["spec"]["kafka"]["listeners"].pop()
    found = choose(resource, None)
    assert isinstance(found, Listener)
    assert found.name == "plain"
