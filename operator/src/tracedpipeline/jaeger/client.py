"""Reads recent traces back through Jaeger's query API (`/api/v3/traces`, OTLP/JSON)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import aiohttp

from tracedpipeline import naming
from tracedpipeline.jaeger import traces
from tracedpipeline.jaeger.window import Window
from tracedpipeline.together import all_of
from tracedpipeline.untrusted import bounded_http, documents
from tracedpipeline.untrusted.bounded_http import Limits, NoAnswerError
from tracedpipeline.untrusted.documents import Document, DocumentError

Read = TypeVar("Read")

# Twenty traces of fifty spans are about 1 MiB.
LIMITS = Limits(2 * 2**20, seconds=5)
TRACES = 20


class JaegerError(Exception):
    """Jaeger did not answer, or not with traces; a retry may help."""


@dataclass(frozen=True)
class Jaeger:
    """Jaeger's query API, asked about one pipeline."""

    session: aiohttp.ClientSession
    url: str
    pipeline: str

    async def messages(self, topic: str, window: Window) -> list[traces.Span]:
        """Return the spans of the newest traces with a message's send span, and of those with its process span.

        Both: which of a trace's spans come last depends on whose batch is sent last, and on the consumer's lag. By
        their operation: traces of something else that a client does, such as commits, would crowd out the messages'.
        """
        produced, consumed = await all_of([self.sent(topic, window), self._processed(topic, window)])
        return [*produced, *consumed]

    async def topics(self) -> list[str]:
        """Return the topics whose messages Jaeger knows, for those who do not have the pipeline's spec."""
        found = set()
        for component, operation in ((naming.PRODUCER, traces.SEND), (naming.CONSUMER, traces.PROCESS)):
            service = naming.component(self.pipeline, component)
            names = await self._ask("/api/v3/operations", {"service": service}, _names)
            found |= {name.removeprefix(f"{operation} ") for name in names if name.startswith(f"{operation} ")}
        return sorted(found)

    async def trace(self, trace_id: str) -> list[traces.Span]:
        """Return the spans of one trace."""
        return await self._ask(f"/api/v3/traces/{trace_id}", {"raw_traces": "true"}, _spans)

    async def sent(self, topic: str, window: Window, most: int = TRACES) -> list[traces.Span]:
        """Return the spans of the newest traces in which the producer sends a message."""
        service = naming.component(self.pipeline, naming.PRODUCER)
        return await self._spans(service, f"{traces.SEND} {topic}", window, most)

    async def _processed(self, topic: str, window: Window) -> list[traces.Span]:
        service = naming.component(self.pipeline, naming.CONSUMER)
        return await self._spans(service, f"{traces.PROCESS} {topic}", window, TRACES)

    async def _spans(self, service: str, operation: str, window: Window, most: int) -> list[traces.Span]:
        query = {
            "query.service_name": service,
            "query.operation_name": operation,
            "query.start_time_min": window.since.isoformat(),
            "query.start_time_max": window.until.isoformat(),
            # Jaeger before 2.14 knows the first name, later ones the second.
            "query.num_traces": str(most),
            "query.search_depth": str(most),
            # As they are stored: Jaeger writes the warnings of its adjustments into its memory, again with each read.
            "query.raw_traces": "true",
        }
        return await self._ask("/api/v3/traces", query, _spans)

    async def _ask(self, path: str, query: Mapping[str, str], read: Callable[[Document], list[Read]]) -> list[Read]:
        """Return what is read in the answer, nothing where Jaeger has found nothing; raises JaegerError."""
        try:
            return await bounded_http.ask_for_document(
                self.session, "get", f"{self.url}{path}", LIMITS, partial(_read, read), params=query
            )
        except NoAnswerError as error:
            raise JaegerError(f"{self.url} {error}") from error
        except DocumentError as error:
            raise JaegerError(f"{self.url} answers, but not as Jaeger does: {error}") from error


def _read(read: Callable[[Document], list[Read]], status: int, document: Document) -> list[Read]:
    return read(document) if _found(status, document) else []


def _found(status: int, document: Document) -> bool:
    # No trace is a 404 with an error of Jaeger's own; a 404 of anything else in between is a fault.
    error = documents.mapping(document, "error")
    if status == HTTPStatus.NOT_FOUND and error.get("httpCode") == HTTPStatus.NOT_FOUND:
        return False
    if status != HTTPStatus.OK:
        raise DocumentError(f"status {status}")
    return True


def _spans(document: Document) -> list[traces.Span]:
    return traces.spans(documents.mapping(document, "result"))


def _names(document: Document) -> list[str]:
    return [documents.text(operation, "name") for operation in documents.mappings(document, "operations")]
