"""What stands for Collector and Jaeger: takes OTLP over HTTP, and answers as Jaeger's query API does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from aiohttp import web
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tracedpipeline import loopback
from tracedpipeline.local import otlp
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.figures import Figures
from tracedpipeline.local.store import Query, Store
from tracedpipeline.page.server import PageServer

# kafkatrace's exports have up to 8 MiB; of a compressed one that is counted after it was unpacked.
MOST_BYTES: Final = 16 * 2**20
_PROTOBUF: Final = "application/x-protobuf"
_MOST_TRACES: Final = 1000

Request = TypeVar("Request", ExportTraceServiceRequest, ExportMetricsServiceRequest)
Forward = Callable[[bytes], Awaitable[None]]


class Receiver:
    """Keeps spans in a store, or forwards them, and counts metrics; `failed` becomes what kept it from that."""

    def __init__(
        self, store: Store, figures: Figures, forward: Forward | None = None, page: PageServer | None = None
    ) -> None:
        self._store = store
        self._figures = figures
        self._forward = forward
        self._page = page
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def application(self) -> web.Application:
        """Return what is served."""
        application = loopback.application(MOST_BYTES)
        application.router.add_post("/v1/traces", self._take_traces)
        application.router.add_post("/v1/metrics", self._take_metrics)
        application.router.add_get("/api/v3/traces", self._find)
        application.router.add_get("/api/v3/traces/{trace_id:[0-9a-fA-F]{1,32}}", self._trace)
        application.router.add_get("/api/v3/operations", self._operations)
        application.router.add_get("/api/v3/services", self._services)
        if self._page:
            self._page.add_to(application)
        return application

    async def _take_traces(self, request: web.Request) -> web.Response:
        body = await _body(request)
        spans, refused = otlp.received(_message(ExportTraceServiceRequest, body))
        try:
            if self._forward:
                await self._forward(body)
            else:
                self._store.take(spans)
        except LocalError as error:
            if not self.failed.done():
                self.failed.set_exception(error)
            raise web.HTTPServiceUnavailable(text=str(error)) from error
        partial = ExportTracePartialSuccess(rejected_spans=refused, error_message="no ids, or no time")
        return _answer(ExportTraceServiceResponse(partial_success=partial if refused else None))

    async def _take_metrics(self, request: web.Request) -> web.Response:
        self._figures.take(_message(ExportMetricsServiceRequest, await _body(request)))
        return _answer(ExportMetricsServiceResponse())

    async def _find(self, request: web.Request) -> web.Response:
        found = self._store.traces(_query(request.query))
        return web.json_response({"result": otlp.document(found)}) if found else _nothing()

    async def _trace(self, request: web.Request) -> web.Response:
        found = self._store.spans([bytes.fromhex(request.match_info["trace_id"].zfill(32))])
        return web.json_response({"result": otlp.document(found)}) if found else _nothing()

    async def _operations(self, request: web.Request) -> web.Response:
        names = self._store.names(request.query.get("service", ""))
        return web.json_response({"operations": [{"name": name, "spanKind": ""} for name in names]})

    async def _services(self, _: web.Request) -> web.Response:
        return web.json_response({"services": self._store.services()})


async def _body(request: web.Request) -> bytes:
    if request.content_type != _PROTOBUF:
        raise web.HTTPUnsupportedMediaType(text=f"OTLP as {_PROTOBUF} is taken")
    return await request.read()


def _message(kind: type[Request], body: bytes) -> Request:
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise web.HTTPBadRequest(text=f"no {kind.DESCRIPTOR.name}") from error


def _answer(message: Message) -> web.Response:
    return web.Response(body=message.SerializeToString(), content_type=_PROTOBUF)


def _query(query: Mapping[str, str]) -> Query:
    """Return what is looked for; Jaeger before 2.14 knows the first name of the limit, later ones the second."""
    try:
        limit = query.get("query.num_traces") or query.get("query.search_depth") or "100"
        return Query(
            service=query["query.service_name"],
            name=query.get("query.operation_name"),
            since=_nanoseconds(query["query.start_time_min"]),
            until=_nanoseconds(query["query.start_time_max"]),
            most=min(max(int(limit), 1), _MOST_TRACES),
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise web.HTTPBadRequest(
            text="query.service_name, query.start_time_min and query.start_time_max are needed"
        ) from error


def _nanoseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1_000_000) * 1000


def _nothing() -> web.Response:
    error: dict[str, Any] = {"grpcCode": 5, "httpCode": HTTPStatus.NOT_FOUND, "message": "No traces found"}
    return web.json_response({"error": error}, status=HTTPStatus.NOT_FOUND)
