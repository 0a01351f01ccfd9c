"""Who is not of this machine gets nothing of what is served: the receiver with Jaeger's query API, and the page."""

import ast
import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import tracedpipeline
from tracedpipeline.local.figures import Figures
from tracedpipeline.local.receiver import Receiver
from tracedpipeline.local.store import Store
from tracedpipeline.loopback import PortError, listen, serving
from tracedpipeline.page import build
from tracedpipeline.page.document import Page
from tracedpipeline.page.server import PageServer
from tracedpipeline.verdict import Verdict

from tests.unit.operator.local.otlp import message

PROTOBUF = {"Content-Type": "application/x-protobuf"}
FOREIGN = [
    *("evil.example", "evil.example:{port}", "localhost.evil.example", "127.0.0.1.nip.io:{port}", "127.0.0.1.", ""),
    *("127.0.0.1@evil.example", "evil.example#127.0.0.1", "0.0.0.0:{port}", "[::]:{port}", "2130706433", "127.1"),
    *("[::ffff:127.0.0.1]", "::1", "127.0.0.1:x", "127.0.0.1:{port} evil", "10.0.0.1", "localhosts"),
]
SERVING = {"Application", "AppRunner", "ServerRunner", "TCPSite", "SockSite", "UnixSite", "run_app", "start_server"}
SERVING |= {"HTTPServer", "ThreadingHTTPServer", "create_server", "start_unix_server"}
PATHS = ["/", "/events", "/api/v3/services", "/api/v3/operations", "/api/v3/traces", "/api/v3/traces/1", "/nothing"]


class Served:
    """The receiver with the page, as `up` serves them."""

    def __init__(self, url: str, store: Store) -> None:
        self.url, self.store = url, store
        self.port = int(url.rpartition(":")[2])

    async def get(self, path: str, **headers: str) -> int:
        async with aiohttp.ClientSession(self.url) as session, session.get(path, headers=headers) as answer:
            return answer.status

    async def post(self, path: str = "/v1/traces", **headers: str) -> int:
        body = message(time.time_ns()).SerializeToString()
        async with (
            aiohttp.ClientSession(self.url) as session,
            session.post(path, data=body, headers={**PROTOBUF, **headers}) as answer,
        ):
            return answer.status


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async def look() -> Page:
        return build.build("orders", Verdict(None, "a", "b"), [], 0)

    store = Store(tmp_path)
    receiver = Receiver(store, Figures(), page=PageServer(look))
    async with serving(receiver.application(), listen(0)) as url:
        yield Served(url, store)
    store.close()


@pytest.mark.parametrize("host", FOREIGN)
async def test_another_name_gets_nothing_and_leaves_nothing(served: Served, host: str) -> None:
    name = host.format(port=served.port)
    assert {await served.get(path, Host=name) for path in PATHS} == {403}
    assert [await served.post(path, Host=name) for path in ("/v1/traces", "/v1/metrics")] == [403, 403]
    assert served.store.services() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost:{port}", "[::1]", "[::1]:{port}", "localhost:1"])
async def test_this_machines_names_are_answered_through_a_forwarded_port_too(served: Served, host: str) -> None:
    name = host.format(port=served.port)
    assert [await served.get(path, Host=name) for path in ("/", "/api/v3/services")] == [200, 200]
    assert await served.post(Host=name, Origin=f"http://{name}") == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}", "null", ""],
)
async def test_a_page_of_another_origin_cannot_send_spans(served: Served, origin: str) -> None:
    from_there = {"Host": f"127.0.0.1:{served.port}", "Origin": origin.format(port=served.port)}
    assert await served.post(**from_there) == 403
    assert await served.get("/api/v3/services", **from_there) == 403
    assert served.store.services() == []


async def raw(port: int, request: bytes) -> bytes:
    """Send what no client of HTTP would send; returns the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/v3/services HTTP/1.0\r\n\r\n",
        b"GET /api/v3/services HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET /api/v3/services HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nOrigin: http://evil\r\n\r\n",
        b"GET http://127.0.0.1/api/v3/services HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
async def test_no_host_and_two_are_refused(served: Served, head: bytes) -> None:
    assert re.match(rb"HTTP/1\.[01] 40[03] ", await raw(served.port, head))


async def test_only_this_machine_reaches_it(served: Served) -> None:
    others = {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), served.port, socket.AF_INET)}
    for other in others - {"127.0.0.1"} | {"127.0.0.2"}:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((other, served.port), timeout=5)


def test_a_busy_port_is_one_sentence() -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        told = rf"port {port} of 127\.0\.0\.1 cannot be had .*: choose another with --port"
        with pytest.raises(PortError, match=told):
            listen(port)


def servers(source: str) -> set[str]:
    """Return what a program calls that serves HTTP."""
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in called}
    return names & SERVING


def test_nothing_else_of_the_package_serves_but_what_the_kubelet_asks() -> None:
    package = Path(tracedpipeline.__file__).parent
    found = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if servers(path.read_text())}
    assert found == {"loopback.py", "health.py"}
