"""The command line of `find` and `redrive`."""

import argparse
from collections.abc import Callable

import pytest
from tracedpipeline.find import arguments
from tracedpipeline.find.question import Question

Adds = Callable[[argparse.ArgumentParser], None]


def parsed(add: Adds, *given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tracedpipeline")
    add(parser)
    return parser.parse_args(given)


def refused(capsys: pytest.CaptureFixture[str], add: Adds, *given: str) -> str:
    with pytest.raises(SystemExit):
        parsed(add, *given)
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("given", "question"),
    [
        (("--key", r"\xff"), Question(key=b"\xff")),
        (("--offset", "2/7"), Question(place=(2, 7))),
        (("--trace", "A" * 32), Question(trace="a" * 32)),
        (
            ("--key", "k", "--limit", "100", "--seconds", "600", "--mebibytes", "8192", "--show-value"),
            Question(key=b"k", limit=100, seconds=600, mebibytes=8192, value=True),
        ),
        (
            ("--key", "k", "--limit", "1", "--seconds", "1", "--mebibytes", "1"),
            Question(key=b"k", limit=1, seconds=1, mebibytes=1),
        ),
    ],
)
def test_what_is_looked_for(given: tuple[str, ...], question: Question) -> None:
    assert arguments.question_of(parsed(arguments.add_to, "orders", *given)) == question


@pytest.mark.parametrize("given", [(), ("--key", "k", "--trace", "t"), ("--offset", "0/1", "--key", "k")])
def test_one_of_key_place_and_trace(capsys: pytest.CaptureFixture[str], given: tuple[str, ...]) -> None:
    said = refused(capsys, arguments.add_to, "orders", *given)
    assert "one of the arguments --key --offset --trace is required" in said or "not allowed with argument" in said


@pytest.mark.parametrize(
    ("name", "text", "limits"),
    [
        ("--limit", "0", "1 to 100"),
        ("--limit", "101", "1 to 100"),
        ("--seconds", "0", "1 to 600"),
        ("--seconds", "601", "1 to 600"),
        ("--mebibytes", "0", "1 to 8192"),
        ("--mebibytes", "8193", "1 to 8192"),
        ("--limit", "-1", "1 to 100"),
        ("--limit", "1.5", "1 to 100"),
        ("--limit", "٣", "1 to 100"),
        ("--limit", "²", "1 to 100"),
    ],
)
def test_a_number_outside_of_its_limits(capsys: pytest.CaptureFixture[str], name: str, text: str, limits: str) -> None:
    said = refused(capsys, arguments.add_to, "orders", "--key", "k", f"{name}={text}")
    assert said.endswith(f"argument {name}: {text!r} is no whole number from {limits}")


def test_the_pipeline_and_where_it_is() -> None:
    for add, given in ((arguments.add_to, ("--key", "k")), (arguments.add_redrive_to, ())):
        here = parsed(add, "orders", *given)
        assert (here.name, here.namespace, here.local) == ("orders", "default", False)
        there = parsed(add, "orders", "-n", "shop", "--local", *given)
        assert (there.namespace, there.local) == ("shop", True)
        assert parsed(add, "orders", "--namespace", "shop", *given).namespace == "shop"


def test_how_much_is_sent_back(capsys: pytest.CaptureFixture[str]) -> None:
    plain = parsed(arguments.add_redrive_to, "orders")
    assert (plain.dry_run, plain.limit) == (False, None)
    few = parsed(arguments.add_redrive_to, "orders", "--dry-run", "--limit", "10000000")
    assert (few.dry_run, few.limit) == (True, 10_000_000)
    assert parsed(arguments.add_redrive_to, "orders", "--limit", "1").limit == 1
    for text in ("0", "10000001"):
        said = refused(capsys, arguments.add_redrive_to, "orders", "--limit", text)
        assert said.endswith(f"{text!r} is no whole number from 1 to 10000000")


def test_help_says_what_each_is_for() -> None:
    parser = argparse.ArgumentParser(prog="tracedpipeline")
    arguments.add_to(parser)
    said = " ".join(parser.format_help().split())
    for words in (
        "positional arguments: name name of the pipeline options:",
        "-n NAMESPACE, --namespace NAMESPACE its namespace --local of `up` on this machine, "
        "or without one with this shell's KAFKA_* variables",
        "--jaeger JAEGER Jaeger's address",
        "--offset PARTITION/OFFSET its place in the topic",
        "--trace ID its trace id",
        r"--key KEY the message's key; \xNN is a byte that cannot be typed",
        "--limit LIMIT how many messages with the key or trace (1)",
        "--seconds SECONDS how long each topic may be read (30)",
        "--mebibytes MEBIBYTES how much of it may be read (256)",
        "--show-value print the beginning of the message, too",
    ):
        assert words in said


def test_help_of_a_redrive_says_what_is_sent_back() -> None:
    parser = argparse.ArgumentParser(prog="tracedpipeline")
    arguments.add_redrive_to(parser)
    said = " ".join(parser.format_help().split())
    assert said.endswith("--dry-run only count --limit LIMIT how many dead letters at most")
