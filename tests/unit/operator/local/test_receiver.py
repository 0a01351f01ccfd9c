"""The operator's own client finds in the receiver's store what Jaeger would find."""

import gzip
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger import client, lookup, search
from tracedpipeline.jaeger.window import Window
from tracedpipeline.local import receiver
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.figures import Figures
from tracedpipeline.local.receiver import Receiver
from tracedpipeline.local.store import Store
from tracedpipeline.loopback import listen, serving
from tracedpipeline.untrusted.bounded_http import open_session

from tests.unit.operator.local.otlp import MS, histogram, message, request, span

PROTOBUF = {"Content-Type": "application/x-protobuf"}


class Running:
    """A receiver that is served, and a session to talk to it."""

    def __init__(self, session: aiohttp.ClientSession, url: str, receiver: Receiver, figures: Figures) -> None:
        self.session, self.url, self.receiver, self.figures = session, url, receiver, figures

    async def post(self, body: bytes, path: str = "/v1/traces", **headers: str) -> tuple[int, bytes]:
        async with self.session.post(self.url + path, data=body, headers={**PROTOBUF, **headers}) as answer:
            return answer.status, await answer.read()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
async def running(store: Store) -> AsyncIterator[Running]:
    figures = Figures()
    receiver = Receiver(store, figures)
    async with serving(receiver.application(), listen(0)) as url, open_session() as session:
        yield Running(session, url, receiver, figures)
    store.close()


def now() -> int:
    return time.time_ns()


async def test_the_operators_probe_finds_a_connected_trace(running: Running, pipeline: TracedPipeline) -> None:
    sent = message(now())
    assert (await running.post(sent.SerializeToString()))[0] == 200
    verdict, last = await search.find_traces(running.session, pipeline, running.url)
    assert (verdict.ok, verdict.reason) == (True, reasons.FLOWING)
    assert last is not None
    assert last.trace_id == sent.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()


async def test_the_probes_reasons_are_jaegers(running: Running, pipeline: TracedPipeline) -> None:
    verdict, _ = await search.find_traces(running.session, pipeline, running.url)
    assert verdict.reason == reasons.NO_PRODUCER_SPANS
    sent = message(now())
    del sent.resource_spans[1:]
    await running.post(sent.SerializeToString())
    verdict, _ = await search.find_traces(running.session, pipeline, running.url)
    assert verdict.reason == reasons.NO_CONSUMER_SPANS


async def test_the_command_trace_finds_it_without_knowing_the_topic(running: Running) -> None:
    await running.post(message(now(), "any.topic").SerializeToString())
    found, last = await lookup.newest(client.Jaeger(running.session, running.url, "orders"), print)
    assert [each.name for each in found] == ["send any.topic", "queue any.topic", "process any.topic"]
    assert last.end_to_end_milliseconds == 3


async def test_the_newest_traces_come_first_and_no_more_than_wanted(running: Running) -> None:
    begun = now()
    for index in (2, 0, 3, 1):
        await running.post(message(begun - index * 1000 * MS).SerializeToString())
    window = Window.newest(timedelta(minutes=1), datetime.now(UTC))
    jaeger = client.Jaeger(running.session, running.url, "orders")
    found = await jaeger.sent("traced-topic", window, most=2)
    starts = sorted({each.start for each in found if each.name.startswith("send")})
    assert starts == [begun - 1000 * MS, begun]
    assert await jaeger.sent("traced-topic", window.earlier(timedelta(hours=1), datetime.now(UTC))) == []


async def test_a_trace_is_found_by_its_id_with_all_that_its_spans_say(running: Running) -> None:
    linked = span(b"t" * 16, 1, 0, "send a", now())
    linked.links.append(Span.Link(trace_id=b"l" * 16, span_id=b"s" * 8))
    linked.attributes.add(key="messaging.kafka.offset").value.int_value = 7
    await running.post(request(("orders-producer", linked)).SerializeToString())
    async with running.session.get(f"{running.url}/api/v3/traces/{(b't' * 16).hex()}") as answer:
        document = await answer.json()
    (resource,) = document["result"]["resourceSpans"]
    (found,) = resource["scopeSpans"][0]["spans"]
    assert found["links"] == [{"traceId": (b"l" * 16).hex(), "spanId": (b"s" * 8).hex()}]
    assert found["attributes"] == [{"key": "messaging.kafka.offset", "value": {"intValue": "7"}}]
    async with running.session.get(f"{running.url}/api/v3/traces/1") as answer:
        assert answer.status == 404


async def test_a_span_that_is_exported_again_is_there_once(running: Running) -> None:
    sent = message(now()).SerializeToString()
    await running.post(sent)
    await running.post(sent)
    found, _ = await lookup.newest(client.Jaeger(running.session, running.url, "orders"), print)
    assert len(found) == 3


async def test_compressed_requests_are_taken(running: Running, pipeline: TracedPipeline) -> None:
    status, _ = await running.post(gzip.compress(message(now()).SerializeToString()), **{"Content-Encoding": "gzip"})
    assert status == 200
    assert (await search.find_traces(running.session, pipeline, running.url))[0].ok


async def test_metrics_are_counted(running: Running) -> None:
    sent = histogram("messaging.process.duration", [0, 4, 0], [0.01, 0.02]).SerializeToString()
    assert (await running.post(sent, "/v1/metrics"))[0] == 200
    whole = running.figures.histogram("messaging.process.duration")
    assert whole is not None and whole.count == 4


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\xff", b"no protobuf"])
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/metrics"])
async def test_what_is_no_otlp_is_refused(running: Running, body: bytes, path: str) -> None:
    assert (await running.post(body, path))[0] == 400


async def test_json_is_refused(running: Running) -> None:
    assert (await running.post(b"{}", **{"Content-Type": "application/json"}))[0] == 415


async def test_a_request_that_unpacks_to_too_much_is_refused(running: Running) -> None:
    bomb = gzip.compress(bytes(receiver.MOST_BYTES + 1))
    assert (await running.post(bomb, **{"Content-Encoding": "gzip"}))[0] == 413


@pytest.mark.parametrize(
    "bad",
    [
        span(b"", 1, 0, "send a", 5),
        span(b"t" * 15, 1, 0, "send a", 5),
        span(b"t" * 16, 1, 0, "send a", 0),
        span(b"t" * 16, 1, 0, "send a", 2**63),
        Span(trace_id=b"t" * 16, span_id=b"s" * 8, start_time_unix_nano=5, end_time_unix_nano=4),
    ],
)
async def test_what_is_no_span_is_counted_and_keeps_none_out(running: Running, bad: Span) -> None:
    good = span(b"g" * 16, 1, 0, "send a", now())
    status, body = await running.post(request(("p", bad), ("p", good)).SerializeToString())
    assert status == 200
    assert ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans == 1
    async with running.session.get(f"{running.url}/api/v3/operations", params={"service": "p"}) as answer:
        assert [each["name"] for each in (await answer.json())["operations"]] == ["send a"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"query.service_name": "a", "query.start_time_min": "x", "query.start_time_max": "y"},
        {"query.service_name": "a", "query.start_time_min": "2026-01-01T00:00:00Z", "query.start_time_max": ""},
    ],
)
async def test_a_query_that_says_too_little_is_refused(running: Running, query: dict[str, str]) -> None:
    async with running.session.get(f"{running.url}/api/v3/traces", params=query) as answer:
        assert answer.status == 400


async def test_a_full_disk_is_told_once_and_spans_are_tried_again(running: Running, store: Store) -> None:
    store._database.execute("PRAGMA max_page_count = 1")  # what SQLite says is what it says of a full disk
    many = request(*(("p", span(bytes([n]) * 16, n, 0, "send a" * 500, now())) for n in range(1, 200)))
    assert (await running.post(many.SerializeToString()))[0] == 503
    assert (await running.post(many.SerializeToString()))[0] == 503
    with pytest.raises(LocalError, match=r"traces\.sqlite: traces cannot be kept there: .* full; make room"):
        await running.receiver.failed
