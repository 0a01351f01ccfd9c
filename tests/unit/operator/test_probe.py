from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tracedpipeline import probe, reasons
from tracedpipeline.api import TracedPipeline

from tests.unit.operator.conftest import body


class Jaeger:
    """Answers what the test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.documents: dict[str, Any] = {}
        self.status, self.text = 200, ""

    async def traces(self, request: web.Request) -> web.Response:
        self.asked.append(request.query)
        if self.text:
            return web.Response(status=self.status, text=self.text)
        document = self.documents.get(request.query["query.service_name"])
        if document is None:
            return web.json_response({"error": {"httpCode": 404, "message": "No traces found"}}, status=404)
        return web.json_response({"result": document})


@pytest.fixture
async def jaeger() -> AsyncIterator[tuple[Jaeger, str]]:
    answers = Jaeger()
    application = web.Application()
    application.router.add_get("/api/v3/traces", answers.traces)
    async with TestServer(application) as server:
        yield answers, str(server.make_url("")).rstrip("/")


def document(*spans: tuple[str, str, str, str]) -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": "t",
                                "spanId": span,
                                "parentSpanId": parent,
                                "name": name,
                                "startTimeUnixNano": "1000000",
                                "endTimeUnixNano": "3000000",
                            }
                        ]
                    }
                ],
            }
            for service, name, span, parent in spans
        ]
    }


CONNECTED = document(
    ("orders-producer", "send t", "s", ""),
    ("orders-kafka", "queue t", "q", "s"),
    ("orders-consumer", "process t", "p", "q"),
)


async def ask(url: str, **spec: Any) -> tuple[Any, Any]:
    async with probe.open_session() as session:
        return await probe.probe(session, TracedPipeline.parse(body(**spec)), url)


async def test_a_connected_trace(jaeger: tuple[Jaeger, str]) -> None:
    answers, url = jaeger
    answers.documents = {"orders-consumer": CONNECTED, "orders-producer": CONNECTED}
    verdict, last = await ask(url)
    assert verdict.reason == reasons.FLOWING
    assert last.end_to_end_milliseconds == 2.0
    assert {query["query.service_name"] for query in answers.asked} == {"orders-consumer", "orders-producer"}


async def test_no_traces_is_an_answer(jaeger: tuple[Jaeger, str]) -> None:
    assert (await ask(jaeger[1]))[0].reason == reasons.NO_PRODUCER_SPANS


@pytest.mark.parametrize(
    ("status", "text"),
    [(404, "not here"), (404, "{}"), (500, '{"error": {"httpCode": 500}}'), (200, "<html>")],
    ids=["a 404 of somebody else", "a 404 without words", "500", "a page"],
)
async def test_an_answer_that_is_not_jaegers_is_a_fault(jaeger: tuple[Jaeger, str], status: int, text: str) -> None:
    answers, url = jaeger
    answers.status, answers.text = status, text
    verdict, last = await ask(url)
    assert (verdict.reason, last) == (reasons.JAEGER_UNREACHABLE, None)
    assert url in verdict.message


async def test_nobody_answers() -> None:
    assert (await ask("http://127.0.0.1:9"))[0].reason == reasons.JAEGER_UNREACHABLE


async def test_without_sampling_there_is_nothing_to_ask() -> None:
    verdict, _ = await ask("http://127.0.0.1:9", tracing={"samplingRatio": 0})
    assert (verdict.ok, verdict.reason) == (None, reasons.SAMPLING_OFF)


@pytest.mark.parametrize(("rate", "seconds"), [(10, 60), (0.1, 100), (0.01, 1000)])
def test_a_slow_pipeline_is_given_time(rate: float, seconds: float) -> None:
    pipeline = TracedPipeline.parse(body(producer={"ratePerSecond": rate}))
    assert probe.window_of(pipeline) == timedelta(seconds=seconds)
