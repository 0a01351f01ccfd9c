"""What an exception or a Kafka error is called in `error.type`."""

import asyncio
import traceback
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from opentelemetry.trace import StatusCode
from opentelemetry.util.types import Attributes

from kafkatrace.spans import otlp, protobuf, semconv


def type_name(error: BaseException) -> str:
    """Return the class's name, with its module unless that is builtins."""
    name = type(error).__qualname__
    module = type(error).__module__
    return name if module == "builtins" else f"{module}.{name}"


def error_type(error: BaseException) -> str:
    """Return Kafka's name of the error that a KafkaException carries; the class's name of any other."""
    if isinstance(error, KafkaException) and error.args and hasattr(error.args[0], "name"):
        return str(error.args[0].name())
    return type_name(error)


def is_leaving(error: BaseException) -> bool:
    """Return whether this only leaves a block: a generator that is closed, a task that is cancelled."""
    return isinstance(error, GeneratorExit | asyncio.CancelledError)


def words(error: BaseException) -> str:
    """Return an exception's message; nothing where its own __str__ fails."""
    try:
        return str(error)
    except Exception:
        return ""


def exception_event(error: BaseException, time: int, attributes: Attributes = None, *, escaped: bool = False) -> bytes:
    """Encode the event `exception`, with the stack trace."""
    return otlp.event("exception", time, exception_attributes(error, attributes, escaped=escaped))


def exception_attributes(error: BaseException, attributes: Attributes = None, *, escaped: bool) -> dict[str, Any]:
    """Say of an exception what its event has.

    https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/exceptions/exceptions-spans.md
    """
    return {
        semconv.EXCEPTION_TYPE: type_name(error),
        semconv.EXCEPTION_MESSAGE: words(error),
        semconv.EXCEPTION_STACKTRACE: "".join(traceback.format_exception(error)),
        semconv.EXCEPTION_ESCAPED: str(escaped),
        **(attributes or {}),
    }


def name_of(error: BaseException | KafkaError) -> str:
    """Return the `error.type` of either kind."""
    return error.name() if isinstance(error, KafkaError) else error_type(error)


def failure(error: BaseException | KafkaError, time: int) -> bytes:
    """Encode all that a span says of the error that it ended with."""
    name = protobuf.attributes(otlp.ATTRIBUTE, {semconv.ERROR_TYPE: name_of(error)})
    if isinstance(error, KafkaError):
        return name + otlp.status(StatusCode.ERROR, error.str())
    return name + exception_event(error, time) + otlp.status(StatusCode.ERROR, words(error))
