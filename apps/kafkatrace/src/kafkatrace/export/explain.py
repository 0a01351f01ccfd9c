"""Why an export failed, and what to do about it."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import requests

_ADVICE: Final = {
    401: "the Collector wants other credentials (OTEL_EXPORTER_OTLP_HEADERS)",
    403: "the Collector wants other credentials (OTEL_EXPORTER_OTLP_HEADERS)",
    404: "nothing takes OTLP at that path (OTEL_EXPORTER_OTLP_ENDPOINT)",
    405: "nothing takes OTLP at that path (OTEL_EXPORTER_OTLP_ENDPOINT)",
    407: "a proxy wants credentials (HTTPS_PROXY)",
    413: "one span is larger than the Collector, or a proxy before it, takes",
    415: "the receiver does not take OTLP as protobuf",
    429: "the Collector takes no more at present",
}
_NO_PREFIX: Final = ("Failed to resolve", "NameResolutionError", "getaddrinfo failed")


def answer(status: int, reason: str | None, endpoint: str) -> str:
    """Explain an HTTP status."""
    said = f"HTTP {status} {reason or _phrase(status)}".rstrip()
    if 300 <= status < 400:
        return f"{said} from {shown(endpoint)}: redirects are not followed, give the endpoint that it leads to"
    advice = _ADVICE.get(status, "")
    return f"{said} from {shown(endpoint)}" + (f": {advice}" if advice else "")


def no_answer(error: Exception | None, endpoint: str, timeout: float) -> str:
    """Explain why there was no answer."""
    if error is None or isinstance(error, requests.exceptions.Timeout):
        return f"no answer from {shown(endpoint)} within {timeout:g} s"
    text = str(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy for {shown(endpoint)}: {_last(text)} (HTTPS_PROXY)"
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS to {shown(endpoint)}: {_tls(text)}"
    if any(prefix in text for prefix in _NO_PREFIX):
        return f"no such host: {urlsplit(endpoint).hostname} (OTEL_EXPORTER_OTLP_ENDPOINT)"
    if "refused" in text:
        where = f"{shown(endpoint)}: is the Collector running there (OTEL_EXPORTER_OTLP_ENDPOINT)?"
        return f"Connection refused by {where}"
    if isinstance(error, requests.exceptions.ConnectionError):
        return _broken(text, endpoint)
    return f"{type(error).__name__}: {text}"


def shown(endpoint: str) -> str:
    """Return an endpoint without user and password."""
    parts = urlsplit(endpoint)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _broken(text: str, endpoint: str) -> str:
    if urlsplit(endpoint).port == 4317 or "BadStatusLine" in text:
        return f"{shown(endpoint)} does not speak HTTP/1.1: this looks like gRPC; HTTP is 4318"
    return f"the connection to {shown(endpoint)} broke: {_last(text)}"


def _tls(text: str) -> str:
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text.lower():
        return "the endpoint speaks none: http:// instead of https://?"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted (OTEL_EXPORTER_OTLP_CERTIFICATE): {_last(text)}"
    return _last(text)


def _last(text: str) -> str:
    """Return the innermost of nested errors."""
    return text.rpartition("(Caused by ")[2].rstrip(")")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
