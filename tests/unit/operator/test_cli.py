import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tracedpipeline import cli
from tracedpipeline.jaeger import lookup
from tracedpipeline.jaeger.traces import Span, journeys
from tracedpipeline.settings import Images

from tests.unit.operator.page.spans import message

EXAMPLES = Path(__file__).parents[3] / "examples"
HEAD = "apiVersion: tracedpipeline.dev/v1alpha1\nkind: TracedPipeline\nmetadata: {name: orders}\n"
GOOD = f"{HEAD}spec: {{kafka: {{bootstrapServers: 'k:1'}}}}\n"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith("_IMAGE"):
            monkeypatch.delenv(name)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["tracedpipeline", *arguments])
    cli.main()


def test_render(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "render", "-f", str(EXAMPLES / "minimal.yaml"))
    objects = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [o["kind"] for o in objects].count("Deployment") == 4


def test_render_what_strimzi_tells_nothing_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "render", "-f", str(EXAMPLES / "strimzi-create.yaml"))
    printed = capsys.readouterr()
    kinds = [o["kind"] for o in yaml.safe_load_all(printed.out)]
    assert (kinds.count("Kafka"), kinds.count("KafkaNodePool"), kinds.count("Deployment")) == (1, 2, 2)
    assert "without topics, users, producer and consumer" in printed.err


def test_render_takes_the_images_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JAEGER_IMAGE", "registry.example/jaeger:1")
    run(monkeypatch, "render", "-f", str(EXAMPLES / "minimal.yaml"))
    printed = capsys.readouterr().out
    assert "image: registry.example/jaeger:1" in printed
    assert f"image: {Images.producer}" in printed


def test_validate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "validate", "-f", str(EXAMPLES / "full.yaml"))
    assert capsys.readouterr().out == "payments: valid\n"


def test_validate_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(f"{HEAD}spec: {{kafka: {{bootstrapServers: 'k:1', topik: {{}}}}}}\n")
    with pytest.raises(SystemExit, match=r"spec\.kafka\.topik: unknown field"):
        run(monkeypatch, "validate", "-f", str(bad))


@pytest.mark.parametrize("command", ["validate", "render"])
def test_what_is_sound_beside_what_is_not_does_not_hide_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD)
    bad.write_text(f"{HEAD}spec: {{}}\n")
    with pytest.raises(SystemExit) as refused:
        run(monkeypatch, command, "-f", str(good), "-f", str(bad))
    assert refused.value.code == f"tracedpipeline: {bad}: orders: spec.kafka: field required"
    assert capsys.readouterr().out == ("orders: valid\n" if command == "validate" else "")


def test_other_resources_in_the_file_are_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n---\n{GOOD}")
    run(monkeypatch, "validate", "-f", str(file))
    printed = capsys.readouterr()
    assert printed.out == "orders: valid\n"
    assert printed.err == f"tracedpipeline: {file}: Namespace shop is no TracedPipeline and was not looked at\n"


@pytest.mark.parametrize(("name", "words"), [("missing", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(SystemExit, match=f"cannot be read: {words}"):
        run(monkeypatch, "validate", "-f", str(tmp_path / name))


def command(*arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "tracedpipeline", *arguments], input=given, capture_output=True, timeout=60, env={}
    )


def test_standard_input_is_read_without_any_environment() -> None:
    done = command("render", "-f", "-", given=GOOD.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"kind: Deployment" in done.stdout


def test_a_refusal_is_one_sentence_and_exit_status_1() -> None:
    done = command("validate", "-f", "-", given=b"- a\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"tracedpipeline: standard input: is a list")
    assert done.stderr.count(b"\n") == 1


def test_a_reader_that_has_enough_is_no_fault() -> None:
    source, sink = os.pipe()
    os.close(source)
    done = subprocess.run(
        [sys.executable, "-m", "tracedpipeline", "render", "-f", str(EXAMPLES / "minimal.yaml")],
        stdout=sink, stderr=subprocess.PIPE, timeout=60, check=False,
    )  # fmt: skip
    os.close(sink)
    assert (done.returncode, done.stderr) == (1, b"")


def test_trace_says_when_jaeger_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"http://127\.0\.0\.1:9 does not answer"):
        run(monkeypatch, "trace", "orders", "--jaeger", "http://127.0.0.1:9")


def test_trace_writes_the_page_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spans = message(1)

    async def newest(*_: object) -> object:
        return spans, journeys("orders", spans)[0].last_trace

    async def messages(_: object) -> list[Span]:
        return spans

    monkeypatch.setattr(lookup, "newest", newest)
    monkeypatch.setattr(lookup, "messages", messages)
    run(monkeypatch, "trace", "orders", "--html", str(tmp_path / "page.html"))
    assert spans[0].trace_id in (tmp_path / "page.html").read_text()
    with pytest.raises(SystemExit) as refused:
        run(monkeypatch, "trace", "orders", "--html", str(tmp_path))
    assert refused.value.code == f"tracedpipeline: {tmp_path}: cannot be written: Is a directory"
