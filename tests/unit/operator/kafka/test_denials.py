import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tracedpipeline import naming, reasons
from tracedpipeline.kafka import denials


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Kafka: TOPIC_AUTHORIZATION_FAILED: Fetch from broker 0 failed", reasons.AUTHORIZATION_DENIED),
        ("Kafka: GROUP_AUTHORIZATION_FAILED: JoinGroup failed", reasons.AUTHORIZATION_DENIED),
        ("the last order was not delivered: CLUSTER_AUTHORIZATION_FAILED: x", reasons.AUTHORIZATION_DENIED),
        ("no order delivered yet: _AUTHENTICATION: SASL authentication error", reasons.KAFKA_REFUSED),
        ("not yet a member of group g: _TRANSPORT: Connection refused", None),
        ("ok", None),
        ("", None),
    ],
)
def test_what_kafka_denied(said: str, reason: str | None) -> None:
    verdict = denials.verdict(said)
    assert (verdict and verdict.reason) == reason
    assert verdict is None or said in verdict.message


@pytest.fixture
async def pod(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, object]]:
    """A pod that is not ready and says why."""

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="TOPIC_AUTHORIZATION_FAILED: no\n", status=503)

    application = web.Application()
    application.router.add_get("/readyz", ready)
    async with TestServer(application, host="127.0.0.1") as server:
        monkeypatch.setattr(naming, "CLIENT_HEALTH_PORT", server.port)
        yield {"status": {"podIP": "127.0.0.1"}}


async def test_a_pod_that_is_not_ready_is_asked(pod: dict[str, object]) -> None:
    async with aiohttp.ClientSession() as session:
        verdict = await denials.denial(session, [{"status": {}}, pod])
    assert verdict
    assert verdict.message.startswith("Kafka denied it: TOPIC_AUTHORIZATION_FAILED: no: ")


async def test_a_ready_pod_is_not_asked(pod: dict[str, dict[str, object]]) -> None:
    pod["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    async with aiohttp.ClientSession() as session:
        assert await denials.denial(session, [pod]) is None


async def test_a_pod_that_does_not_answer_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "CLIENT_HEALTH_PORT", 1)
    async with aiohttp.ClientSession() as session:
        assert await denials.denial(session, [{"status": {"podIP": "127.0.0.1"}}]) is None


@pytest.mark.parametrize("piece", ["TOPIC_AUTHORIZATION_", "_AUTHENTICATIO", " ", "SASL_"])
def test_a_megabyte_of_hostile_text_takes_no_time(piece: str) -> None:
    text = piece * (2**20 // len(piece))
    start = time.thread_time()
    denials.verdict(text)
    assert time.thread_time() - start < 0.05


@pytest.mark.parametrize(
    ("status", "text", "reason", "words"),
    [
        (503, "not yet a member of group g: _TRANSPORT: Connection refused", reasons.PROGRESSING, "_TRANSPORT: Conn"),
        (503, "starting", reasons.PROGRESSING, "a pod is not ready, and says: starting"),
        (503, "GROUP_AUTHORIZATION_FAILED: no", reasons.AUTHORIZATION_DENIED, "Kafka denied it"),
        (503, "", None, ""),
        (404, "404 page not found", None, ""),
        (200, "ok", None, ""),
    ],
)
async def test_what_a_pod_says_of_itself_is_passed_on(
    status: int, text: str, reason: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ready(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status)

    application = web.Application()
    application.router.add_get("/readyz", ready)
    async with TestServer(application, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        monkeypatch.setattr(naming, "CLIENT_HEALTH_PORT", server.port)
        verdict = await denials.explanation(session, [{"status": {"podIP": "127.0.0.1"}}])
    assert (verdict and verdict.reason) == reason
    assert verdict is None or words in verdict.message


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("10.0.0.1", ["10.0.0.1"]),
        ("fd00::1", ["[fd00::1]"]),
        ("169.254.169.254", []),
        ("::ffff:169.254.169.254", []),
        ("fe80::1", []),
        ("fd00::1%eth0", []),
        ("224.0.0.1", []),
        ("0.0.0.0", []),
        ("::", []),
        ("10.0.0.1:80/latest?", []),
        ("user@10.0.0.1", []),
        ("metadata.google.internal", []),
        ("", []),
    ],
)
def test_a_pod_is_asked_at_its_address_and_nobody_else(address: str, host: list[str]) -> None:
    assert denials.addresses([{"status": {"podIP": address}}]) == host
