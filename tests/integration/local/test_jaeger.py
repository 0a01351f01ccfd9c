"""`up --jaeger URL` with Jaeger itself, where its program is on PATH: spans go there, the proof comes from there."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired.jaeger import configuration

from tests.running_up import up
from tests.unit.operator.conftest import body

# Of this machine, and with the usual ports free, whoever uses those of 127.0.0.1.
HOST = "127.0.0.3"
URL = f"http://{HOST}:{naming.JAEGER_QUERY_PORT}"
PROGRAM = shutil.which("jaeger")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="jaeger is not on PATH")


def configured() -> str:
    """Return the operator's configuration with OTLP over HTTP, at this address alone."""
    found = configuration(TracedPipeline.parse(body()))
    protocols = found["receivers"]["otlp"]["protocols"]
    protocols["http"] = {"endpoint": f"0.0.0.0:{naming.OTLP_HTTP_PORT}"}
    return json.dumps(found).replace("0.0.0.0", HOST)


def answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def jaeger(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    (tmp_path / "config.yaml").write_text(configured())
    assert PROGRAM
    with (tmp_path / "jaeger.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, "--config", str(tmp_path / "config.yaml")], stdout=log, stderr=log)
    try:
        while not all(map(answers, (naming.JAEGER_QUERY_PORT, naming.OTLP_HTTP_PORT))):
            assert process.poll() is None, (tmp_path / "jaeger.log").read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def test_spans_go_to_jaeger_and_the_proof_comes_from_there(jaeger: "subprocess.Popen[bytes]") -> None:
    with up("--kafka", "mock", "--jaeger", URL, "--once") as running:
        status, output = running.end()
    assert status == 0, running.lines
    assert re.match(r"\ntrace [0-9a-f]{32}   end to end ", output) and "orders-consumer  process traced-topic" in output
    assert any(line.startswith(f"traces: {URL} ") for line in running.lines)


def test_a_jaeger_that_is_killed_ends_it_with_one_sentence(jaeger: "subprocess.Popen[bytes]") -> None:
    with up("--kafka", "mock", "--jaeger", URL) as running:
        running.until("the first connected trace was read back after")
        jaeger.kill()
        status, _ = running.end()
    told = f"tracedpipeline: Jaeger does not take spans at http://{HOST}:{naming.OTLP_HTTP_PORT}/v1/traces: "
    assert status == 1 and running.told.startswith(told)
