import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from traced_common.environment import SettingsError
from traced_common.health import Health, serve


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(30, clock)


@pytest.fixture
def get(health: Health) -> Iterator[Callable[[str], tuple[int, str]]]:
    server = serve(health, 0)

    def ask(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    yield ask
    server.shutdown()
    server.server_close()


Get = Callable[[str], tuple[int, str]]


def test_is_alive_but_not_ready_at_the_start(get: Get) -> None:
    assert get("/livez") == (200, "ok\n")
    assert get("/readyz") == (503, "starting\n")


def test_readyz_says_why_not(health: Health, get: Get) -> None:
    health.heartbeat("no order delivered yet: Connection refused")
    assert get("/readyz") == (503, "no order delivered yet: Connection refused\n")
    assert get("/livez") == (200, "ok\n")
    health.heartbeat(None)
    assert get("/readyz") == (200, "ok\n")


def test_a_stalled_loop_is_neither_alive_nor_ready(health: Health, clock: Clock, get: Get) -> None:
    health.heartbeat(None)
    clock.now += 30
    assert get("/livez") == (200, "ok\n")
    clock.now += 1
    stalled = (503, "the main loop has stood still for 31 s (limit 30 s)\n")
    assert get("/livez") == stalled
    assert get("/readyz") == stalled


def test_there_is_nothing_else(get: Get) -> None:
    assert get("/")[0] == 404
    assert get("/livez?verbose")[0] == 200


def test_only_changes_are_logged(health: Health, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for problem in ("a", "b", None, None, "c", "d", None):
        health.heartbeat(problem)
    assert [record.getMessage() for record in caplog.records] == [
        "not ready: a",
        "ready",
        "not ready: c",
        "ready",
    ]


def test_a_port_in_use_is_a_wrong_setting(health: Health) -> None:
    server = serve(health, 0)
    with pytest.raises(SettingsError, match=rf"HEALTH_PORT={server.server_port}: can't listen"):
        serve(health, server.server_port)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("host", "other"), [("127.0.0.1", "127.0.0.2"), ("", "")])
def test_it_answers_at_one_address_or_at_all(health: Health, host: str, other: str) -> None:
    server = serve(health, 0, host)
    try:
        socket.create_connection(("127.0.0.1", server.server_port), timeout=5).close()
        if not other:
            socket.create_connection(("127.0.0.2", server.server_port), timeout=5).close()
            return
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((other, server.server_port), timeout=5)
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_address_is_one_too(health: Health) -> None:
    server = serve(health, 0, "::1")
    socket.create_connection(("::1", server.server_port), timeout=5).close()
    server.shutdown()
    server.server_close()


def test_an_address_of_another_machine_is_a_wrong_setting(health: Health) -> None:
    with pytest.raises(SettingsError, match=r"HEALTH_PORT=1234 of HEALTH_HOST=192\.0\.2\.1: can't listen"):
        serve(health, 1234, "192.0.2.1")
