"""`tracedpipeline up` as a whole: it proves its traces, drains, and leaves nothing, whichever of its processes dies."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined] # as documented

from tests.running_up import killed, listens, until_gone, up


@pytest.fixture(params=["mock", "real"])
def kafka(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def temporary(tmp_path: Path) -> dict[str, str]:
    """An environment with a folder of the test's own for temporary files."""
    return {**os.environ, "TMPDIR": str(tmp_path)}


def test_once_ends_with_the_first_connected_trace(kafka: str, temporary: dict[str, str]) -> None:
    with up("--kafka", kafka, "--once", environment=temporary) as running:
        status, output = running.end()
    assert status == 0, running.lines
    assert re.match(r"\ntrace [0-9a-f]{32}   end to end ", output)
    for name in ("orders-producer  send traced-topic", "orders-kafka  queue", "orders-consumer  process"):
        assert f"\n{name}" in output
    assert any(line.startswith("TracesFlowing=True Flowing: ") for line in running.lines)
    assert re.fullmatch(r"all \d+ messages, sampled or not: end to end p50 .* ms", running.told)
    assert ("mock broker: it knows no LogAppendTime" in running.lines[0]) == (kafka == "mock")
    assert list(Path(temporary["TMPDIR"]).iterdir()) == []


def test_ctrl_c_drains_and_the_command_trace_reads_from_it_while_it_runs(kafka: str) -> None:
    with up("--kafka", kafka) as running:
        running.until("the first connected trace was read back after")
        url = re.findall(r"--jaeger (http://\S+)\)", running.until("^traces: "))[0]
        trace = subprocess.run(
            [sys.executable, "-m", "tracedpipeline", "trace", "orders", "--jaeger", url],
            capture_output=True,
            check=True,
        )
        assert b"orders-consumer  process traced-topic" in trace.stdout
        started = running.processes()
        running.process.send_signal(signal.SIGINT)
        assert running.end()[0] == 0
        until_gone(started)
    stopped = running.until("orders-producer-0 │ .* stopped: ")
    assert re.search(r"produced (\d+), delivered \1, undelivered 0; .* dropped 0", stopped)
    assert "dropped 0" in running.until("orders-consumer-0 │ .* stopped: ")


@pytest.mark.parametrize("component", ["producer", "consumer"])
def test_a_process_that_is_killed_ends_it_all_with_its_name(kafka: str, component: str) -> None:
    with up("--kafka", kafka) as running:
        running.until_ready()
        status, told = killed(running, f"traced_{component}")
    assert (status, told[: len("tracedpipeline: orders-")]) == (1, "tracedpipeline: orders-")
    assert told.startswith(f"tracedpipeline: orders-{component}-0 was killed by SIGKILL: ")


def test_a_command_that_is_killed_leaves_nothing(kafka: str, temporary: dict[str, str]) -> None:
    with up("--kafka", kafka, environment=temporary) as running:
        running.until_ready()
        started = running.processes()
        assert len(started) == (4 if kafka == "real" else 3)  # the guard is one of them
        running.process.kill()
        running.end()
        until_gone(started)
    assert not any(listens(port) for port in running.ports())
    assert list(Path(temporary["TMPDIR"]).iterdir()) == []


@pytest.mark.skipif(shutil.which("ss") is None, reason="ss tells who listens where")
def test_all_that_listens_is_for_this_machine_alone(kafka: str) -> None:
    with up("--kafka", kafka) as running:
        running.until_ready()
        ours = {running.process.pid, *running.processes()}
        rows = subprocess.run(["ss", "-H", "-l", "-t", "-n", "-p"], capture_output=True, text=True, check=True).stdout
    places = [row.split()[3] for row in rows.splitlines() if ours & set(map(int, re.findall(r"pid=(\d+)", row)))]
    assert len(places) >= 4  # receiver, Kafka, two health ports
    assert {place.rpartition(":")[0] for place in places} <= {"127.0.0.1", "[::ffff:127.0.0.1]"}


def test_a_broker_that_is_killed_ends_it_all() -> None:
    with up() as running:
        running.until_ready()
        status, told = killed(running, "kafka.Kafka")
    assert (status, told.partition(":")[0]) == (1, "tracedpipeline")
    assert told.startswith("tracedpipeline: kafka was killed by SIGKILL")


def test_the_guard_that_is_killed_ends_it_all(temporary: dict[str, str]) -> None:
    with up("--kafka", "mock", environment=temporary) as running:
        running.until_ready()
        status, told = killed(running, "guard.py")
    assert (status, told) == (1, "tracedpipeline: the process that watches over the others has ended: start again")
    assert list(Path(temporary["TMPDIR"]).iterdir()) == []


def test_kafka_keeps_its_own_time_in_as_many_partitions_as_the_spec_has() -> None:
    with up() as running:
        running.until_ready()
        server = re.findall(r"127\.0\.0\.1:\d+", running.until("starting Apache Kafka"))[0]
        admin = AdminClient({"bootstrap.servers": server})
        topics = admin.list_topics(timeout=10).topics
        resource = ConfigResource(ConfigResource.Type.TOPIC, "traced-topic")
        config = admin.describe_configs([resource])[resource].result(timeout=10)
    assert len(topics["traced-topic"].partitions) == 3
    assert "traced-topic.dlq" in topics
    assert config["message.timestamp.type"].value == "LogAppendTime"
