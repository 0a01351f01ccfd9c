"""Every example, and the objects that it stands for: `<example>.yaml` beside this file.

`pytest tests/golden --update-goldens` writes them anew; the diff is the review.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tracedpipeline import connection, desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.settings import Images, Settings

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*.yaml"))
SETTINGS = Settings(Images("producer:1", "consumer:1", "flink-consumer:1", "collector:1", "jaeger:1"))


def build(example: Path, *, flink_operator: bool = False) -> list[dict[str, Any]]:
    body = yaml.safe_load(example.read_text())
    body["metadata"] |= {"uid": "7d0f0a1e-0000-4000-8000-000000000001", "generation": 1}
    pipeline = TracedPipeline.parse(body)
    return desired.build(pipeline, connection.from_spec(pipeline.spec), SETTINGS, flink_operator=flink_operator)


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
