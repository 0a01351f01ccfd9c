"""What producer and consumer themselves say while they are not ready."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import aiohttp

from tracedpipeline import naming, reasons
from tracedpipeline.kubernetes_api.pods import is_ready
from tracedpipeline.together import all_of
from tracedpipeline.untrusted import bounded_http
from tracedpipeline.untrusted.bounded_http import Answer, Limits, NoAnswerError
from tracedpipeline.untrusted.quoting import one_line, stable
from tracedpipeline.verdict import Verdict

# The text is a line; of an image of the user's own it may be a page.
LIMITS = Limits(4096, seconds=2)

# Kafka's names of these errors (https://kafka.apache.org/protocol#protocol_error_codes), which our clients say first.
_DENIED = re.compile(r"\b(TOPIC|GROUP|CLUSTER|TRANSACTIONAL_ID)_AUTHORIZATION_FAILED\b")
_REFUSED = re.compile(r"\b(SASL_AUTHENTICATION_FAILED|_AUTHENTICATION)\b")


async def denial(session: aiohttp.ClientSession, pods: Iterable[Mapping[str, Any]]) -> Verdict | None:
    """Return what Kafka denied to one of the pods, in the pod's own message; None where it denied nothing."""
    return _denial(await _answers(session, pods))


async def explanation(session: aiohttp.ClientSession, pods: Iterable[Mapping[str, Any]]) -> Verdict | None:
    """Return why a pod is not ready, in its words: what Kafka denied to it, else what it waits for; None if none says.

    What it waits for is no more than progress: whether it is too long, nobody here knows.
    """
    answers = await _answers(session, pods)
    # Other answers are of images that have something else there, such as a page that is not found.
    waits = (stable(answer.text) for answer in answers if answer.status == HTTPStatus.SERVICE_UNAVAILABLE)
    waiting = (Verdict(False, reasons.PROGRESSING, f"a pod is not ready, and says: {said}") for said in waits if said)
    return _denial(answers) or next(waiting, None)


def _denial(answers: Iterable[Answer]) -> Verdict | None:
    return next(filter(None, (verdict(answer.text) for answer in answers)), None)


async def _answers(session: aiohttp.ClientSession, pods: Iterable[Mapping[str, Any]]) -> list[Answer]:
    waiting = [pod for pod in pods if not is_ready(pod)]
    answers = await all_of(_answer(session, address) for address in addresses(waiting))
    return [answer for answer in answers if answer]


def addresses(pods: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return where the pods are; whoever may write a pod's status does not lead us to anything else than a pod."""
    found = (pod.get("status", {}).get("podIP", "") for pod in pods)
    return [f"[{address}]" if ":" in address else address for address in found if _is_of_a_pod(address)]


def _is_of_a_pod(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    # A zone would be of an interface of ours. Clouds tell their secrets at an address that is link-local.
    elsewhere = found.is_link_local or found.is_multicast or found.is_unspecified
    return "%" not in address and not elsewhere


async def _answer(session: aiohttp.ClientSession, host: str) -> Answer | None:
    try:
        return await bounded_http.ask(session, "get", f"http://{host}:{naming.CLIENT_HEALTH_PORT}/readyz", LIMITS)
    except NoAnswerError:
        return None  # an image of the user's own need not answer there


def verdict(text: str) -> Verdict | None:
    """Return the verdict on a readiness answer that tells of a denial."""
    said = one_line(text)
    if _DENIED.search(said):
        advice = "give its user this right; with kafka.cluster look at the KafkaUser's acls"
        return Verdict(False, reasons.AUTHORIZATION_DENIED, f"Kafka denied it: {said}: {advice}")
    if _REFUSED.search(said):
        return Verdict(False, reasons.KAFKA_REFUSED, f"Kafka refused its credentials: {said}")
    return None
