"""Every example, and the objects that it stands for: `<example>.yaml` beside this file.

`pytest tests/golden --update-goldens` writes them again; the diff is the review.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import plan
from tracedpipeline.kafka.strimzi import KafkaSnapshot
from tracedpipeline.settings import Images, Pods, Settings

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*.yaml"))
SETTINGS = Settings(
    Images("producer:1", "consumer:1", "flink-consumer:1", "collector:1", "jaeger:1"),
    operator=Pods("tracedpipeline-system", {"app.kubernetes.io/name": "tracedpipeline-operator"}),
)


def build(example: Path, *, flink_operator: bool = False) -> list[dict[str, Any]]:
    body = yaml.safe_load(example.read_text())
    body["metadata"] |= {"uid": "7d0f0a1e-0000-4000-8000-000000000001", "generation": 1}
    pipeline = TracedPipeline.parse(body)
    # What Strimzi shows, where it has a part in it, is in a file of the example's name.
    snapshot = HERE / "kafka_snapshots" / example.name
    access = plan.access(pipeline, read_snapshot(snapshot) if snapshot.exists() else None)
    return desired.build(pipeline, access, SETTINGS, flink_operator=flink_operator)


def read_snapshot(file: Path) -> KafkaSnapshot:
    content = yaml.safe_load(file.read_text())
    secrets = {
        name: {key: text.encode() for key, text in secret.items()} for name, secret in content.pop("secrets").items()
    }
    return KafkaSnapshot(**content, secrets=secrets)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example: Path, request: pytest.FixtureRequest) -> None:
    compare(build(example), HERE / example.name, request)


def test_flink_example_with_the_flink_operator(request: pytest.FixtureRequest) -> None:
    example = HERE.parents[1] / "examples" / "flink.yaml"
    alone = build(example)
    others = [o for o in build(example, flink_operator=True) if o not in alone]
    compare(others, HERE / "flink-with-its-operator.yaml", request)


def compare(objects: list[dict[str, Any]], golden: Path, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-goldens"):
        golden.write_text(yaml.safe_dump_all(objects, sort_keys=False, width=120))
    assert list(yaml.safe_load_all(golden.read_text())) == objects
