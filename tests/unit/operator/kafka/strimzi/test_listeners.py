from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.kafka.strimzi.listeners import Listener, choose
from tracedpipeline.verdict import Verdict

from tests.unit.operator.kafka.strimzi.conftest import MTLS, OAUTH, OUTSIDE, PLAIN, SCRAM, TLS, kafka


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
        (kafka(PLAIN, TLS), "mtls", "no listener 'mtls', but plain, tls"),
        (kafka(OAUTH), "oauth", "asks for custom, which no KafkaUser has"),
        (kafka(OUTSIDE, OAUTH), None, "no internal listener that a KafkaUser can use"),
    ],
)
def test_no_such_listener(resource: dict[str, Any], wanted: str | None, said: str) -> None:
    verdict = choose(resource, wanted)
    assert isinstance(verdict, Verdict)
    assert (verdict.ok, verdict.reason) == (False, reasons.LISTENER_NOT_FOUND)
    assert said in verdict.message


def test_a_listener_that_strimzi_has_not_published_yet() -> None:
    resource = kafka(PLAIN, TLS)
    resource["status"]["listeners"].pop()
    verdict = choose(resource, "tls")
    assert isinstance(verdict, Verdict)
    assert verdict.reason == reasons.KAFKA_NOT_READY
