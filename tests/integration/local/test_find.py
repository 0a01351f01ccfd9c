"""Where a message is, told of a pipeline that `up` runs on this machine."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import confluent_kafka
from tracedpipeline.local import running
from tracedpipeline.local.running import Running

from tests.running_up import MINIMAL, Up


def find(environment: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "tracedpipeline", "find", "orders", "--local", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    return done.stdout


def until(look: Callable[[], str], words: str) -> str:
    end = time.monotonic() + 100
    while words not in (told := look()):
        assert time.monotonic() < end, f"{words!r} is not in: {told}"
    return told


def known(environment: Mapping[str, str]) -> Running:
    found = running.find(running.folder(environment), "orders")
    assert found
    return found


def test_a_message_and_a_poisoned_one(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    pipeline = Up(MINIMAL, "--kafka", "mock", environment=environment)
    try:
        pipeline.until_ready()
        told = until(lambda: find(environment, "--offset", "0/0"), "\n  processed: ")
        trace = told.splitlines()[0].rpartition("trace ")[2]
        assert find(environment, "--trace", trace).startswith(told.split("  ")[0])
        variables = known(environment).variables
        producer = confluent_kafka.Producer({"bootstrap.servers": variables["KAFKA_BOOTSTRAP_SERVERS"]})
        producer.produce(variables["KAFKA_TOPIC"], b"poison", key=b"bad\xff")
        assert producer.flush(10) == 0
        told = until(lambda: find(environment, "--key", r"bad\xff"), "\n  dead-lettered: not JSON: ")
        assert r"key bad\xff" in told and "poison" not in told
    finally:
        pipeline.process.terminate()
        pipeline.end()
    assert running.find(running.folder(environment), "orders") is None
