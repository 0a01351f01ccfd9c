"""Jaeger's query API over a store in memory that finds and forgets traces as Jaeger's does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count, islice
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import MultiMapping
from tracedpipeline.jaeger.traces import Span

SECOND = 1_000_000_000
MS = 1_000_000
_ids = count(1)


class FakeJaeger:
    """Keeps the newest `most` traces; what a test says in `text` it answers instead."""

    def __init__(self, most: int = 50_000) -> None:
        self.most = most
        self.kept: dict[str, list[Span]] = {}
        self.asked: list[MultiMapping[str]] = []
        self.status, self.text = 200, ""

    def take(self, *spans: Span) -> None:
        """Take spans; a trace keeps the place that its first span got."""
        for span in spans:
            self.kept.setdefault(span.trace_id, []).append(span)
            if len(self.kept) > self.most:
                del self.kept[next(iter(self.kept))]

    def find(self, query: MultiMapping[str]) -> Iterator[list[Span]]:
        """Yield the traces with a span that matches, those that began to arrive last first."""
        since, until = (_nanoseconds(query[f"query.start_time_{end}"]) for end in ("min", "max"))
        for spans in reversed(self.kept.values()):
            if any(
                span.service == query["query.service_name"]
                and query.get("query.operation_name", span.name) == span.name
                and since <= span.start <= until
                for span in spans
            ):
                yield spans

    async def traces(self, request: web.Request) -> web.Response:
        """Answer as the store says."""
        self.asked.append(request.query)
        if self.text:
            return web.Response(status=self.status, text=self.text)
        found = list(islice(self.find(request.query), int(request.query["query.num_traces"])))
        if not found:
            return web.json_response({"error": {"httpCode": 404, "message": "No traces found"}}, status=404)
        return web.json_response({"result": {"resourceSpans": [_encoded(span) for spans in found for span in spans]}})

    async def trace(self, request: web.Request) -> web.Response:
        """Answer with one trace."""
        found = self.kept.get(request.match_info["id"])
        if not found:
            return web.json_response({"error": {"httpCode": 404, "message": "No traces found"}}, status=404)
        return web.json_response({"result": {"resourceSpans": [_encoded(span) for span in found]}})

    async def operations(self, request: web.Request) -> web.Response:
        """Answer with the names of all spans of a service."""
        names = {
            span.name for spans in self.kept.values() for span in spans if span.service == request.query["service"]
        }
        return web.json_response({"operations": [{"name": name, "spanKind": "internal"} for name in sorted(names)]})


@asynccontextmanager
async def serving(jaeger: FakeJaeger) -> AsyncIterator[str]:
    """Serve it; gives its address."""
    application = web.Application()
    application.router.add_get("/api/v3/traces", jaeger.traces)
    application.router.add_get("/api/v3/traces/{id}", jaeger.trace)
    application.router.add_get("/api/v3/operations", jaeger.operations)
    async with TestServer(application) as server:
        yield str(server.make_url("")).rstrip("/")


def message(sent: int, *, waited: float = 0.01, topic: str = "traced-topic", skew: float = 0) -> list[Span]:
    """Make the spans of one message: sent at `sent`, nanoseconds, by a clock that is `skew` seconds ahead."""
    trace = f"{next(_ids):032x}"
    dated = sent + int(skew * SECOND)
    polled = sent + int(waited * SECOND)
    queued = min(dated, polled)
    return [
        Span(trace, "a", "", "orders-producer", f"send {topic}", dated, dated + 3 * MS),
        Span(trace, "b", "a", "orders-kafka", f"queue {topic}", queued, polled),
        Span(trace, "c", "b", "orders-consumer", f"process {topic}", polled, polled + 20 * MS),
    ]


def kept_late(spans: list[Span]) -> list[Span]:
    """Make of a message's spans what there is where it was not sampled but kept."""
    _, queue, process = spans
    return [replace(queue, parent_id="", kept=True), replace(process, kept=True)]


def commit(at: int) -> Span:
    """Make a consumer's commit, which is a trace of its own."""
    return Span(f"{next(_ids):032x}", "a", "", "orders-consumer", "commit traced-topic", at, at + 2 * MS)


def _nanoseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * SECOND)


def _encoded(span: Span) -> dict[str, Any]:
    return {
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": span.service}}]},
        "scopeSpans": [
            {
                "spans": [
                    {
                        "traceId": span.trace_id,
                        "spanId": span.span_id,
                        "parentSpanId": span.parent_id,
                        "name": span.name,
                        "startTimeUnixNano": str(span.start),
                        "endTimeUnixNano": str(span.end),
                        "attributes": _attributes(span),
                        "status": {"code": 2, "message": span.error} if span.error else {},
                    }
                ]
            }
        ],
    }


def _attributes(span: Span) -> list[dict[str, Any]]:
    kept = [{"key": "kafkatrace.kept", "value": {"stringValue": "slow"}}] if span.kept else []
    if span.place is None:
        return kept
    partition, offset = map(str, span.place)
    return [
        *kept,
        {"key": "messaging.destination.partition.id", "value": {"stringValue": partition}},
        {"key": "messaging.kafka.offset", "value": {"intValue": offset}},
    ]
