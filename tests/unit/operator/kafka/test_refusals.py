import asyncio
from collections.abc import AsyncIterator

import pytest
from confluent_kafka import KafkaError
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import connection, refusals
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.secrets import Secrets
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body

PASSING = KafkaError(KafkaError._TRANSPORT, "k:1: Disconnected (after 3ms in state UP)")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (KafkaError._AUTHENTICATION, reasons.KAFKA_AUTHENTICATION_FAILED),
        (KafkaError.SASL_AUTHENTICATION_FAILED, reasons.KAFKA_AUTHENTICATION_FAILED),
        (KafkaError.UNSUPPORTED_SASL_MECHANISM, reasons.KAFKA_AUTHENTICATION_FAILED),
        (KafkaError._SSL, reasons.KAFKA_TLS_FAILED),
        (KafkaError.TOPIC_EXCEPTION, reasons.TOPIC_INVALID),
        (KafkaError.INVALID_CONFIG, reasons.TOPIC_CONFIGURATION_INVALID),
        (KafkaError.INVALID_PARTITIONS, reasons.TOPIC_CONFIGURATION_INVALID),
        (KafkaError.THROTTLING_QUOTA_EXCEEDED, reasons.KAFKA_QUOTA_EXCEEDED),
        (KafkaError.INVALID_REPLICATION_FACTOR, reasons.TOO_FEW_BROKERS),
        (KafkaError.POLICY_VIOLATION, reasons.KAFKA_REFUSED),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, reasons.KAFKA_REFUSED),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, reasons.KAFKA_REFUSED),
        (KafkaError.SECURITY_DISABLED, reasons.KAFKA_REFUSED),
        (KafkaError._TRANSPORT, reasons.KAFKA_UNREACHABLE),
        (KafkaError._RESOLVE, reasons.KAFKA_UNREACHABLE),
        (KafkaError._TIMED_OUT, reasons.KAFKA_UNREACHABLE),
        (KafkaError.REQUEST_TIMED_OUT, reasons.KAFKA_UNREACHABLE),
        (KafkaError.NOT_CONTROLLER, reasons.KAFKA_UNREACHABLE),
    ],
)
def test_each_refusal_has_its_own_reason(code: int, reason: str) -> None:
    verdict = refusals.verdict("k:1", [KafkaError(code, "its words (after 17ms in state AUTH)")])
    assert (verdict.ok, verdict.reason) == (False, reason)
    assert "k:1" in verdict.message
    assert "its words" in verdict.message
    assert "after" not in verdict.message


def test_a_refusal_tells_more_than_a_connection_that_broke() -> None:
    refused = KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED, "wrong password")
    verdict = refusals.verdict("k:1", [PASSING, refused, PASSING])
    assert verdict.message == (
        "k:1 refused the credentials: wrong password: check kafka.security.mechanism, and user name and password in "
        "the Secret"
    )


@pytest.fixture
async def no_tls() -> AsyncIterator[str]:
    """Bootstrap servers that speak, but not TLS."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def ensure(servers: str, security: dict[str, str], secrets: Secrets) -> Verdict:
    pipeline = TracedPipeline.parse(body(kafka={"bootstrapServers": servers, "security": security}))
    return await Topics().ensure(
        ("shop", "orders"), connection.from_spec(pipeline.spec), secrets, Wanted(pipeline.spec)
    )


async def test_who_does_not_speak_tls(no_tls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = reasons.KAFKA_UNREACHABLE
    for seconds in (
        0.5,
        5,
        50,
    ):  # a look lasts as long in any case; of a busy machine it may be over before TLS is refused
        monkeypatch.setattr("tracedpipeline.kafka.admin.TIMEOUT_SECONDS", seconds)
        if reason == reasons.KAFKA_UNREACHABLE:
            reason = (await ensure(no_tls, {"protocol": "SSL"}, {})).reason
    assert reason == reasons.KAFKA_TLS_FAILED


SASL = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "credentialsSecret": "login"}
TLS = {"protocol": "SSL", "caSecret": "ca"}


@pytest.mark.parametrize(
    ("security", "secrets", "words"),
    [
        (SASL, {"login": {"username": b"u", "password": b""}}, "key 'password' of Secret 'login' is empty"),
        (SASL, {"login": {"username": b" \n", "password": b"p"}}, "key 'username' of Secret 'login' is empty"),
        (
            SASL,
            {"login": {"username": b"u", "password": b"\xffsecret"}},
            "key 'password' of Secret 'login' is no UTF-8",
        ),
        (SASL, {"login": {"username": b"u", "password": b"s\0ecret"}}, "key 'password' of Secret 'login' is no UTF-8"),
        (TLS, {"ca": {"ca.crt": b"secret"}}, "not in PEM format"),
        (TLS, {"ca": {"ca.crt": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}}, "PEM routines"),
        (TLS, {"ca": {"ca.crt": b""}}, "key 'ca.crt' of Secret 'ca' is empty"),
    ],
    ids=["password", "username", "bytes", "NUL", "no PEM", "no certificate", "no CA"],
)
async def test_a_secret_that_cannot_be_used_is_named_and_not_quoted(
    security: dict[str, str], secrets: Secrets, words: str
) -> None:
    verdict = await ensure("127.0.0.1:9", security, secrets)
    assert verdict.reason == reasons.SECRET_INVALID
    assert words in verdict.message
    assert "secret" not in verdict.message
