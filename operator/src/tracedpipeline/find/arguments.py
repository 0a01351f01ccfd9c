"""The arguments of `tracedpipeline find` and `redrive`. Pure."""

import argparse
from collections.abc import Callable

from tracedpipeline.find import question


def question_of(arguments: argparse.Namespace) -> question.Question:
    """Return what is looked for; raises QuestionError where it is none."""
    return question.Question(
        key=None if arguments.key is None else question.key(arguments.key),
        place=None if arguments.offset is None else question.place(arguments.offset),
        trace=None if arguments.trace is None else question.trace(arguments.trace),
        limit=arguments.limit,
        seconds=arguments.seconds,
        mebibytes=arguments.mebibytes,
        value=arguments.show_value,
    )


def _between(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number of a range."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return number


def add_to(find: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    _add_pipeline_to(find)
    which = find.add_mutually_exclusive_group(required=True)
    which.add_argument("--key", help=r"the message's key; \xNN is a byte that cannot be typed")
    which.add_argument("--offset", metavar="PARTITION/OFFSET", help="its place in the topic")
    which.add_argument("--trace", metavar="ID", help="its trace id")
    find.add_argument("--limit", type=_between(1, 100), default=1, help="how many messages with the key or trace (1)")
    find.add_argument("--seconds", type=_between(1, 600), default=30, help="how long each topic may be read (30)")
    find.add_argument("--mebibytes", type=_between(1, 8192), default=256, help="how much of it may be read (256)")
    find.add_argument("--show-value", action="store_true", help="print the beginning of the message, too")
    find.add_argument("--jaeger", help="Jaeger's address; for a pipeline in a cluster it is known")


def add_redrive_to(redrive: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    _add_pipeline_to(redrive)
    redrive.add_argument("--dry-run", action="store_true", help="only count")
    redrive.add_argument("--limit", type=_between(1, 10_000_000), help="how many dead letters at most")


def _add_pipeline_to(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", help="name of the pipeline")
    command.add_argument("-n", "--namespace", default="default", help="its namespace")
    local = "of `up` on this machine, or without one with this shell's KAFKA_* variables"
    command.add_argument("--local", action="store_true", help=local)
