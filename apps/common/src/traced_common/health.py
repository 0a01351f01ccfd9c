"""What the kubelet's probes ask: is the main loop alive, is the app doing its work, and if not, why."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from traced_common.environment import SettingsError

_logger = logging.getLogger(__name__)
_SECONDS_PER_REQUEST: Final = 5
_STARTING: Final = "starting"


class Health:
    """Called by the main loop on each pass, read by the server's threads."""

    def __init__(self, stall_after: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stall_after = stall_after
        self._clock = clock
        self._heartbeat_at = clock()
        self._problem: str | None = _STARTING

    def heartbeat(self, problem: str | None) -> None:
        """Note one pass of the main loop, and what keeps the app from its work; changes are logged."""
        before, self._problem = self._problem, problem
        self._heartbeat_at = self._clock()
        if problem is None and before is not None:
            _logger.info("ready")
        elif problem is not None and before in (None, _STARTING):
            _logger.log(logging.WARNING if before is None else logging.INFO, "not ready: %s", problem)

    def not_alive(self) -> str | None:
        """Return how long the main loop has stalled, or None."""
        age = self._clock() - self._heartbeat_at
        if age <= self._stall_after:
            return None
        return f"the main loop has stood still for {age:.0f} s (limit {self._stall_after:.0f} s)"

    def not_ready(self) -> str | None:
        """Return what keeps the app from its work, or None."""
        return self.not_alive() or self._problem


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, health: Health, host: str, port: int) -> None:
        self.answers = {"/livez": health.not_alive, "/readyz": health.not_ready}
        by_ipv6 = ":" in host if host else socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if by_ipv6 else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # IPv4 as well
        super().server_bind()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SECONDS_PER_REQUEST

    def do_GET(self) -> None:
        ask = self.server.answers.get(self.path.partition("?")[0])
        if ask is None:
            self._answer(HTTPStatus.NOT_FOUND, "there are /livez and /readyz")
            return
        problem = ask()
        self._answer(HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK, problem or "ok")

    def _answer(self, status: HTTPStatus, line: str) -> None:
        body = f"{line}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing: probes come every few seconds."""


def serve(health: Health, port: int, host: str = "") -> ThreadingHTTPServer:
    """Answer GET /livez and /readyz from a daemon thread, at all addresses or one; SettingsError if it can't listen."""
    try:
        server = _Server(health, host, port)
    except OSError as error:
        at = f" of HEALTH_HOST={host}" if host else ""
        raise SettingsError([f"HEALTH_PORT={port}{at}: can't listen there: {error.strerror}"]) from error
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
