"""What the tests of both clients share: spans kept in memory, and readers for them."""

from collections.abc import Callable
from typing import Any, Final

import confluent_kafka
import kafkatrace
from confluent_kafka import KafkaError, Message, TopicPartition
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

QUIET: Final = {"log_level": 0}
PARENT: Final = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED: Final = PARENT[:-2] + b"00"
Receive = Callable[[], Message]


class Recorder:
    """A Tracing and what it exported."""

    def __init__(self, ratio: float | None = None, **configured: Any) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = kafkatrace.configure("orders", exporter=self.exporter, sampling_ratio=ratio, **configured)

    def spans(self, name: str = "") -> list[ReadableSpan]:
        self.tracing.shutdown(60)  # on a busy machine five seconds are little
        return [span for span in self.exporter.get_finished_spans() if span.name.startswith(name)]

    def span(self, name: str) -> ReadableSpan:
        (found,) = self.spans(name)
        return found


def ids(span: ReadableSpan) -> tuple[int, int, int | None]:
    """Trace id, own id, parent's id."""
    own = span.get_span_context()
    assert own is not None
    return own.trace_id, own.span_id, span.parent.span_id if span.parent else None


def say(span: ReadableSpan, name: str) -> object:
    return (span.attributes or {}).get(name)


def send(bare: confluent_kafka.Producer, topic: str, *headers: tuple[str, bytes | None]) -> None:
    bare.produce(topic, b"v", b"key-1", partition=0, headers=list(headers))
    bare.flush(10)


def traceparents(message: Message) -> list[bytes]:
    headers = message.headers() or []
    assert isinstance(headers, list)
    return [value for name, value in headers if name == "traceparent" and isinstance(value, bytes)]


def shown(result: Any) -> Any:
    """What two clients' results have in common if they are the same."""
    if isinstance(result, Message):
        return result.topic(), result.partition(), result.offset(), result.key(), result.value(), shown(result.error())
    if isinstance(result, TopicPartition):
        return result.topic, result.partition, result.offset, shown(result.error)
    if isinstance(result, KafkaError):
        return result.name(), result.str()
    if isinstance(result, list | tuple):
        return [shown(each) for each in result]
    return result


def failed(error: BaseException) -> tuple[type, str]:
    """Kind and text of an error; Python and C say in other words which arguments a function takes."""
    text = "arguments" if isinstance(error, TypeError) and "argument" in str(error) else str(error)
    return type(error), text


def outcome(call: Callable[..., object], *args: object) -> Any:
    """What a call gives, or what it raises."""
    try:
        return shown(call(*args))
    except Exception as error:
        return failed(error)


def linked(span: ReadableSpan) -> set[tuple[int, int]]:
    """Trace ids and span ids that a span links to."""
    return {(link.context.trace_id, link.context.span_id) for link in span.links}


def offsets(spans: list[ReadableSpan]) -> list[object]:
    return sorted((say(span, "messaging.kafka.offset") for span in spans), key=str)


def beside_the_server(span: ReadableSpan) -> dict[str, object]:
    """All attributes but where the client is connected to, which must be there; the cluster's id once it is known."""
    attributes = dict(span.attributes or {})
    assert attributes.pop("server.address")
    assert attributes.pop("server.port")
    attributes.pop("messaging.kafka.cluster.id", None)
    return dict(attributes)
