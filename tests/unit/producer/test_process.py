"""The producer as a real process."""

from collections.abc import Callable
from typing import Any

Start = Callable[[str, dict[str, str]], Any]


def test_sigterm_flushes_and_exits_0(start_app: Start, variables: dict[str, str], collector: Any) -> None:
    app = start_app("traced_producer", {**variables, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint})
    app.until("health: ready")
    assert app.ask("/readyz") == (200, "ok\n")
    assert app.terminate() == 0
    spans = len(collector.spans("send "))
    assert spans > 0
    assert app.lines[-1].endswith(
        f"stopped: produced {spans}, delivered {spans}, undelivered 0; spans exported {spans}, dropped 0\n"
    )


def test_without_kafka_it_lives_and_says_why_it_is_not_ready(start_app: Start, variables: dict[str, str]) -> None:
    app = start_app("traced_producer", {**variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    app.until("not ready: no order delivered yet")
    assert app.ask("/livez") == (200, "ok\n")
    status, why = app.ask("/readyz")
    assert status == 503
    assert why.startswith("no order delivered yet: ")


def test_wrong_settings_exit_2(start_app: Start, variables: dict[str, str]) -> None:
    app = start_app("traced_producer", {**variables, "PRODUCER_RATE_PER_SECOND": "0"})
    assert app.wait() == 2
    assert "PRODUCER_RATE_PER_SECOND='0': expected a number greater than 0" in "".join(app.lines)
    assert "Traceback" not in "".join(app.lines)
