"""What may come back from the API server instead of what was requested, each with whether a retry helps."""

from http import HTTPStatus
from typing import ClassVar

import aiohttp
from kubernetes.aio.dynamic.exceptions import DynamicApiError

from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import DocumentError
from tracedpipeline.untrusted.quoting import stable

LONGEST = 500
# No API server, nor whoever stands before it, makes us stop for longer.
LONGEST_RETRY_AFTER_SECONDS = 120.0


class ApiServerError(Exception):
    """The API server refused a request, or did not answer; `words` are its own, without what was requested."""

    retry_helps: ClassVar[bool] = True

    def __init__(self, message: str, words: str | None = None) -> None:
        super().__init__(message)
        self.words = words or message


class NotAllowedError(ApiServerError):
    """The operator's rights do not suffice, or a quota or webhook says no; a retry helps once somebody changed that."""


class MissingError(ApiServerError):
    """The object is not there, or its namespace, or its kind."""


class ConflictError(ApiServerError):
    """Somebody else has the object's fields, or it is there already."""


class InvalidObjectError(ApiServerError):
    """The API server, or a policy in it, takes no such object: only another spec or policy helps."""

    retry_helps = False


class SilentError(ApiServerError):
    """The API server does not answer: every further request would wait as long."""


class NotHeldError(ApiServerError):
    """Another operator may write by now: nothing is sent."""


class BusyError(ApiServerError):
    """The API server, or a limit in it, wants to be left alone for so many seconds."""

    def __init__(self, message: str, words: str, retry_after: float) -> None:
        super().__init__(message, words)
        self.retry_after = retry_after


_BY_STATUS = {
    400: InvalidObjectError,
    403: NotAllowedError,
    404: MissingError,
    409: ConflictError,
    413: InvalidObjectError,
    422: InvalidObjectError,
}
# What a request of the client raises.
ERRORS = (DynamicApiError, aiohttp.ClientError, TimeoutError, OSError, ValueError)


def translated(request: str, error: Exception) -> ApiServerError:
    """Return the error as one of ours, with the request that it answers."""
    if isinstance(error, DynamicApiError):
        words = _words(error)
        if (seconds := _retry_after(error)) is not None:
            return BusyError(f"{request}: {words}", words, seconds)
        return _BY_STATUS.get(error.status, ApiServerError)(f"{request}: {words}", words)
    if isinstance(error, TimeoutError):
        words = "the API server does not answer in time"
    else:
        words = f"the API server does not answer: {stable(str(error), LONGEST) or type(error).__name__}"
    return SilentError(f"{request}: {words}", words)


def _retry_after(error: DynamicApiError) -> float | None:
    """Return after how many seconds to ask again, where the API server refuses for that only; it never says a date."""
    if error.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return None
    said = (error.headers or {}).get("Retry-After", "")
    if said.isdecimal():
        return min(float(said), LONGEST_RETRY_AFTER_SECONDS)
    return 1.0 if error.status == HTTPStatus.TOO_MANY_REQUESTS else None


def _words(error: DynamicApiError) -> str:
    try:
        return stable(documents.text(documents.parse(error.body or ""), "message"), LONGEST)
    except (DocumentError, TypeError):
        return stable(f"{error.status} {error.reason}", LONGEST)
