"""The `tracedpipeline` command."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tracedpipeline import connection, crd, desired, handlers, lookup, naming, probe, strimzi, waterfall
from tracedpipeline.api import KIND, InvalidSpecError, TracedPipeline
from tracedpipeline.settings import Settings, SettingsError

LIVENESS = "http://0.0.0.0:8080/healthz"


def _pipelines(path: Path) -> Iterator[TracedPipeline]:
    for body in yaml.safe_load_all(path.read_text()):
        if body and body.get("kind") == KIND:
            yield TracedPipeline.parse(body)


def _run(_: argparse.Namespace) -> None:
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    for chatty in ("aiohttp.access", "kopf.activities", "kopf.objects"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    asyncio.run(handlers.run(Settings.from_environment(os.environ), LIVENESS))


def _render(arguments: argparse.Namespace) -> None:
    settings = Settings.from_environment(os.environ)
    objects: list[dict[str, Any]] = []
    for pipeline in _pipelines(arguments.file):
        objects += _objects(pipeline, settings)
    yaml.safe_dump_all(objects, sys.stdout, sort_keys=False)


def _objects(pipeline: TracedPipeline, settings: Settings) -> list[dict[str, Any]]:
    if (cluster := pipeline.spec.kafka.cluster) is None:
        return desired.build(pipeline, connection.alike(connection.from_spec(pipeline.spec)), settings)
    message = "only Strimzi's resources tell how its Kafka is reached; without topics, users, producer and consumer"
    print(f"tracedpipeline: {pipeline.name}: {message}", file=sys.stderr)
    return [*strimzi.access(pipeline, cluster, strimzi.Shown()).objects, *desired.build(pipeline, {}, settings)]


def _validate(arguments: argparse.Namespace) -> None:
    for pipeline in _pipelines(arguments.file):
        print(f"{pipeline.name}: valid")


def _crd(_: argparse.Namespace) -> None:
    print("# Generated from tracedpipeline.api by `make generate`.")
    yaml.safe_dump(crd.definition(), sys.stdout, sort_keys=False, width=120)


def _trace(arguments: argparse.Namespace) -> None:
    url = arguments.jaeger or naming.jaeger_url(arguments.name, arguments.namespace)
    print(asyncio.run(_waterfall(arguments.name, url)))


async def _waterfall(pipeline: str, url: str) -> str:
    async with probe.open_session() as session:
        found = await lookup.newest(probe.Jaeger(session, url, pipeline), _tell)
    return waterfall.draw(found)


def _tell(what: str) -> None:
    print(f"tracedpipeline: {what}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tracedpipeline", description=__doc__)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("run", help="run the operator").set_defaults(command=_run)
    commands.add_parser("crd", help="print the CustomResourceDefinition").set_defaults(command=_crd)
    for name, command, what in (
        ("render", _render, "print the objects that a resource stands for"),
        ("validate", _validate, "tell what is wrong with a resource"),
    ):
        sub = commands.add_parser(name, help=what)
        sub.add_argument("-f", "--file", type=Path, required=True, help="YAML file with TracedPipelines")
        sub.set_defaults(command=command)
    trace = commands.add_parser("trace", help="draw the newest connected trace")
    trace.add_argument("name", help="name of the pipeline")
    trace.add_argument("-n", "--namespace", default="default", help="its namespace")
    trace.add_argument("--jaeger", help="Jaeger's address; inside the cluster it is known")
    trace.set_defaults(command=_trace)
    return parser


def main() -> None:
    """Run the command that the arguments name; exit with 1 and a sentence where it cannot be carried out."""
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
    except (InvalidSpecError, SettingsError, lookup.NoTraceError, probe.JaegerError) as error:
        sys.exit(f"tracedpipeline: {error}")
