"""What keeps the command from running is one sentence; tests/integration/local has it running."""

import argparse
import os
import socket
from pathlib import Path

import pytest
from tracedpipeline.cli import up

from tests.running_up import Up

HEAD = "apiVersion: tracedpipeline.dev/v1alpha1\nkind: TracedPipeline\nmetadata: {name: orders}\n"
KAFKA = "kafka: {bootstrapServers: 'k:1'}"


def spec(folder: Path, more: str) -> Path:
    file = folder / "pipeline.yaml"
    file.write_text(f"{HEAD}spec: {{{KAFKA}, {more}}}\n")
    return file


def refused(*options: str, file: Path, environment: dict[str, str] | None = None) -> str:
    """Run what cannot run; returns the one sentence that it says."""
    running = Up(file, *options, environment=environment)
    status, output = running.end()
    assert (status, output) == (1, "")
    (line,) = [line for line in running.lines if line.startswith("tracedpipeline: ")]
    assert "Traceback" not in "\n".join(running.lines)
    return line


def test_a_program_that_refuses_its_settings_is_quoted(tmp_path: Path) -> None:
    file = spec(tmp_path, "consumer: {env: [{name: LOG_LEVEL, value: LOUD}]}")
    told = refused("--kafka", "mock", "--once", file=file)
    assert told.startswith("tracedpipeline: orders-consumer-0 ended with exit status 2: ")
    assert "LOG_LEVEL='LOUD'" in told


def test_no_traces_to_wait_for(tmp_path: Path) -> None:
    told = refused("--kafka", "mock", "--once", file=spec(tmp_path, "tracing: {samplingRatio: 0}"))
    assert told == (
        "tracedpipeline: TracesFlowing is not True: SamplingOff: "
        "tracing.samplingRatio is 0: there are no traces to read back"
    )


def test_a_busy_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused("--kafka", "mock", "--port", str(port), file=spec(tmp_path, "paused: false"))
    assert told == (
        f"tracedpipeline: port {port} of 127.0.0.1 cannot be had (Address already in use): choose another with --port"
    )


def test_a_kafka_cluster_that_does_not_answer(tmp_path: Path) -> None:
    told = refused("--kafka", "127.0.0.1:9", "--once", file=spec(tmp_path, "paused: false"))
    assert told.startswith("tracedpipeline: KafkaUnreachable: ")
    assert "127.0.0.1:9" in told


def test_no_java(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    told = refused(file=spec(tmp_path, "paused: false"), environment=environment)
    assert told.startswith("tracedpipeline: Apache Kafka needs Java 17 or newer, and there is none: ")


def test_no_maven_central(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'version \"17.0.1\"' >&2\n")
    java.chmod(0o755)
    environment = {
        **{"PATH": f"{tmp_path}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path)},
        "TRACEDPIPELINE_MAVEN_URL": "http://127.0.0.1:9",
    }
    told = refused(file=spec(tmp_path, "paused: false"), environment=environment)
    assert told.startswith("tracedpipeline: Apache Kafka cannot be downloaded from http://127.0.0.1:9 (")


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_that_refuses(tmp_path: Path, name: str) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'version \"17.0.1\"' >&2\n")
    java.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        proxy = f"127.0.0.1:{closed.getsockname()[1]}"
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {"PATH": path, "XDG_CACHE_HOME": str(tmp_path), name: f"http://{proxy}"}
    told = refused(file=spec(tmp_path, "paused: false"), environment=environment)
    begin = (
        "tracedpipeline: Apache Kafka cannot be downloaded from https://repo1.maven.org/maven2 (Cannot connect to host "
    )
    assert told.startswith(f"{begin}{proxy} ")


def test_a_folder_for_state_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "file")}
    told = refused("--kafka", "mock", file=spec(tmp_path, "paused: false"), environment=environment)
    assert told.startswith(f"tracedpipeline: {tmp_path}/file/tracedpipeline/orders.json cannot be written: Not a dir")


def test_no_room_for_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = tmp_path / "file"
    told = refused("--kafka", "mock", "--keep", str(file), file=spec(tmp_path, "paused: false"))
    assert told == (
        f"tracedpipeline: {file}/traces.sqlite: traces cannot be kept there: File exists; "
        "name another folder with --keep"
    )


def test_two_pipelines_in_a_file(tmp_path: Path) -> None:
    file = spec(tmp_path, "paused: false")
    file.write_text(f"{file.read_text()}---\n{file.read_text().replace('orders', 'others')}")
    assert refused(file=file).endswith("has 2 TracedPipelines, of which one can run: keep it alone")


@pytest.mark.parametrize("address", ["kafka", "k:0", "k:99999", "REAL", "a b:1", ""])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"'{address}' is none of real, mock, spec and HOST:PORT"):
        up.kafka(address)


@pytest.mark.parametrize("address", ["real", "mock", "spec", "k:1", "[::1]:9092", "a:1,b:2"])
def test_what_is_one(address: str) -> None:
    assert up.kafka(address) == address
