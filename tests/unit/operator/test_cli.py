import sys
from pathlib import Path

import pytest
import yaml
from tracedpipeline import cli

EXAMPLES = Path(__file__).parents[3] / "examples"
IMAGES = ("PRODUCER_IMAGE", "CONSUMER_IMAGE", "FLINK_CONSUMER_IMAGE", "COLLECTOR_IMAGE", "JAEGER_IMAGE")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["tracedpipeline", *arguments])
    cli.main()


def test_render(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in IMAGES:
        monkeypatch.setenv(name, "image:1")
    run(monkeypatch, "render", "-f", str(EXAMPLES / "minimal.yaml"))
    objects = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [o["kind"] for o in objects].count("Deployment") == 4


def test_render_what_strimzi_tells_nothing_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in IMAGES:
        monkeypatch.setenv(name, "image:1")
    run(monkeypatch, "render", "-f", str(EXAMPLES / "strimzi-create.yaml"))
    printed = capsys.readouterr()
    kinds = [o["kind"] for o in yaml.safe_load_all(printed.out)]
    assert (kinds.count("Kafka"), kinds.count("KafkaNodePool"), kinds.count("Deployment")) == (1, 2, 2)
    assert "without topics, users, producer and consumer" in printed.err


def test_render_without_images_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in IMAGES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit, match="JAEGER_IMAGE is not set"):
        run(monkeypatch, "render", "-f", str(EXAMPLES / "minimal.yaml"))


def test_validate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "validate", "-f", str(EXAMPLES / "full.yaml"))
    assert capsys.readouterr().out == "payments: valid\n"


def test_validate_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: TracedPipeline\nmetadata: {name: a}\nspec: {kafka: {bootstrapServers: 'k:1', topik: {}}}\n")
    with pytest.raises(SystemExit, match=r"spec\.kafka\.topik: unknown field"):
        run(monkeypatch, "validate", "-f", str(bad))


def test_trace_says_when_jaeger_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"http://127\.0\.0\.1:9 does not answer"):
        run(monkeypatch, "trace", "orders", "--jaeger", "http://127.0.0.1:9")
