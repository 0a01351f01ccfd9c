"""What a span says of the error that it ended with."""

import pytest
from confluent_kafka import KafkaError, KafkaException
from kafkatrace.spans import errors
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

TIMED_OUT = KafkaError(KafkaError._MSG_TIMED_OUT)


def span_of(encoded: bytes) -> Span:
    span: Span = Span.FromString(encoded)
    return span


def told(pairs: object) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in pairs}  # type: ignore[attr-defined] # of protocol buffers


def raised() -> ValueError:
    """An exception that was raised because of another, which has two lines."""
    try:
        try:
            raise KeyError("price")
        except KeyError as error:
            raise ValueError("poison") from error
    except ValueError as error:
        return error


def test_an_exception_is_the_type_the_event_and_the_status() -> None:
    span = span_of(errors.failure(raised(), 7))
    (event,) = span.events
    attributes = told(event.attributes)
    assert told(span.attributes) == {"error.type": "ValueError"}
    assert span.status == Status(code=Status.STATUS_CODE_ERROR, message="poison")
    assert (event.name, event.time_unix_nano) == ("exception", 7)
    assert "XX" not in attributes["exception.stacktrace"]
    assert attributes.pop("exception.stacktrace").endswith("ValueError: poison\n")
    assert attributes == {
        "exception.type": "ValueError",
        "exception.message": "poison",
        "exception.escaped": "False",
    }


def test_kafkas_error_is_its_name_and_its_words() -> None:
    span = span_of(errors.failure(TIMED_OUT, 7))
    assert told(span.attributes) == {"error.type": "_MSG_TIMED_OUT"}
    assert span.status == Status(code=Status.STATUS_CODE_ERROR, message=TIMED_OUT.str())
    assert not span.events


def test_an_event_has_what_the_caller_adds() -> None:
    (event,) = span_of(errors.exception_event(raised(), 7, {"attempt": "2"}, escaped=True)).events
    attributes = told(event.attributes)
    assert (attributes["attempt"], attributes["exception.escaped"]) == ("2", "True")
    assert attributes["exception.message"] == "poison"


class Unspeakable(Exception):  # noqa: N818 - its name is looked at
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (KafkaException(TIMED_OUT), "_MSG_TIMED_OUT"),
        (KafkaException(), "cimpl.KafkaException"),
        (KafkaException("text"), "cimpl.KafkaException"),
        (KeyError(TIMED_OUT), "KeyError"),
    ],
)
def test_only_a_kafka_exception_has_the_name_of_what_it_carries(error: Exception, name: str) -> None:
    assert errors.error_type(error) == name


def test_an_exception_whose_words_fail_has_none() -> None:
    assert errors.words(Unspeakable()) == ""
    assert errors.words(ValueError("x")) == "x"
    assert errors.type_name(Unspeakable()).endswith(".Unspeakable")
    (event,) = span_of(errors.failure(Unspeakable(), 7)).events
    assert told(event.attributes)["exception.message"] == ""
