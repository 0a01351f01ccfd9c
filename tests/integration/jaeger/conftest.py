"""Jaeger's own image with the kit's configuration, in a container that may use so much memory and no more."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import trace_memory
from tracedpipeline.desired.jaeger import CONFIG_DIRECTORY, FILE, configuration

OTLP_HTTP = 4318
Json = Any
VERSIONS = Path(__file__).parents[3] / "versions.mk"


@dataclass(frozen=True)
class Jaeger:
    """A container; `capacity` is how many traces it keeps."""

    container: str
    capacity: int
    otlp: str
    query: str

    def get(self, path: str) -> Json:
        """Return an answer of the query API, None for 404."""
        try:
            with urllib.request.urlopen(f"{self.query}{path}", timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def state(self) -> Json:
        """Return what the engine says of its process."""
        return json.loads(_docker("inspect", "--format", "{{json .State}}", self.container))


@pytest.fixture
def jaeger(tmp_path: Path, memory: str) -> Iterator[Jaeger]:
    """Jaeger as a pipeline has it whose jaeger.resources.limits.memory is this."""
    limits = {"jaeger": {"resources": {"limits": {"memory": memory}}}}
    pipeline = TracedPipeline.parse(
        {
            "metadata": {
                "name": "orders",
                "namespace": "shop",
                "uid": "1",
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {"kafka": {"bootstrapServers": "kafka:9092"}, **limits},
        }
    )
    container = _run(pipeline, memory, tmp_path)
    try:
        ports = {port: _docker("port", container, str(port)).split()[0] for port in (OTLP_HTTP, 16686)}
        capacity = trace_memory.traces(memory, flink=False)
        found = Jaeger(container, capacity, f"http://{ports[OTLP_HTTP]}", f"http://{ports[16686]}")
        _until(lambda: found.get("/api/services"))
        yield found
    finally:
        _docker("rm", "--force", container)


def _run(pipeline: TracedPipeline, memory: str, folder: Path) -> str:
    config = configuration(pipeline)
    # The Collector speaks gRPC to it; kafkatrace, which fills it here, HTTP.
    config["receivers"]["otlp"]["protocols"]["http"] = {"endpoint": f"0.0.0.0:{OTLP_HTTP}"}
    folder.chmod(0o755)
    (folder / FILE).write_text(json.dumps(config))
    heap = trace_memory.heap_variable(memory)
    limit = memory.removesuffix("i").lower()
    return _docker(
        "run", "--detach", "--memory", limit, "--memory-swap", limit,
        "--env", f"{heap['name']}={heap['value']}", "--volume", f"{folder}:{CONFIG_DIRECTORY}:ro",
        "--publish", f"127.0.0.1::{OTLP_HTTP}", "--publish", "127.0.0.1::16686",
        image(), f"--config={CONFIG_DIRECTORY}/{FILE}",
    )  # fmt: skip


def image() -> str:
    """Return the image that `make kind-up` has brought."""
    found = re.search(r"^JAEGER_IMAGE := (\S+)$", VERSIONS.read_text(), re.MULTILINE)
    assert found
    return found[1]


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _until(look: Callable[[], Json]) -> None:
    """Look again until it answers; pytest's own time-out ends what never does."""
    while True:
        try:
            if look() is not None:
                return
        except OSError:
            time.sleep(0.1)
