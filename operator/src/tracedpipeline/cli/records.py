"""`tracedpipeline find` and `redrive`: single messages."""

import argparse
import asyncio
import os
from collections.abc import Mapping

from tracedpipeline import naming
from tracedpipeline.cli.messages import CommandError, tell
from tracedpipeline.find.arguments import question_of
from tracedpipeline.find.question import QuestionError


def find(arguments: argparse.Namespace) -> None:
    """Print where a message is; exit with 1 where it is not found."""
    from tracedpipeline.find import command
    from tracedpipeline.find.reader import ReaderError
    from tracedpipeline.kubernetes_api.client import Key
    from tracedpipeline.kubernetes_api.errors import ApiServerError

    try:
        question = question_of(arguments)
        if arguments.local:
            variables, known = _running(arguments.name)
            look = command.here(arguments.name, question, variables, arguments.jaeger or known, tell)
        else:
            look = command.in_cluster(Key(arguments.namespace, arguments.name), question, arguments.jaeger, tell)
        text, found = asyncio.run(look)
    except (QuestionError, ReaderError, ApiServerError) as error:
        raise CommandError(str(error)) from None
    print(text)
    if not found:
        raise SystemExit(1)


def redrive(arguments: argparse.Namespace) -> None:
    """Send dead letters back to their topic, and print what became of them."""
    from tracedpipeline.find import command
    from tracedpipeline.find.reader import ReaderError
    from tracedpipeline.kubernetes_api.client import Key
    from tracedpipeline.kubernetes_api.errors import ApiServerError

    request = {"limit": arguments.limit, "dry_run": arguments.dry_run}
    try:
        if arguments.local:
            variables, jaeger = _running(arguments.name)
            print(asyncio.run(command.redrive_here(arguments.name, request, variables, jaeger, tell)))
        else:
            key = Key(arguments.namespace, arguments.name)
            print(asyncio.run(command.redrive_in_cluster(key, request, tell)))
    except (ReaderError, ApiServerError) as error:
        raise CommandError(str(error)) from None


def _running(name: str) -> tuple[Mapping[str, str], str]:
    """Return the variables that reach Kafka, and where traces are: those of a running `up`, else the shell's."""
    from tracedpipeline.local import running

    found = running.find(running.folder(os.environ), name)
    if found is None:
        tell(f"no `up` of {name} runs here: with this shell's KAFKA_* variables")
        return os.environ, f"http://127.0.0.1:{naming.JAEGER_QUERY_PORT}"
    others = {key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")}
    return others | dict(found.variables), found.jaeger
