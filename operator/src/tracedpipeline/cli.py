"""The `tracedpipeline` command.

What talks to the API server, Kafka or Jaeger is imported by the commands that do: loading it takes longer than
`validate` and `render` take in all.
"""

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import TypeAdapter, ValidationError

from tracedpipeline import desired, naming
from tracedpipeline.api import KIND, TracedPipeline, crd
from tracedpipeline.api.names import Servers
from tracedpipeline.find.arguments import add_redrive_to, add_to, question_of
from tracedpipeline.find.question import QuestionError
from tracedpipeline.kafka import plan
from tracedpipeline.manifests import pipelines
from tracedpipeline.manifests.yaml_documents import MOST_BYTES
from tracedpipeline.settings import Settings, SettingsError

if TYPE_CHECKING:
    from tracedpipeline.jaeger.traces import Span

LIVENESS = "http://0.0.0.0:8080/healthz"


STANDARD_INPUT = "-"


class CommandError(Exception):
    """The command cannot be carried out; its lines are for the person who typed it."""


def _files(paths: Sequence[str]) -> Iterator[tuple[str, pipelines.Manifests]]:
    """Yield what each file has, and tell of what in it is not looked at."""
    for path in paths:
        name = "standard input" if path == STANDARD_INPUT else path
        found = pipelines.read(_content(path, name))
        for other in found.others:
            _tell(f"{name}: {other} is no {KIND} and was not looked at")
        yield name, found


def _content(path: str, name: str) -> bytes:
    try:
        with open(0 if path == STANDARD_INPUT else path, "rb", closefd=path != STANDARD_INPUT) as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{name}: cannot be read: {error.strerror}") from None


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise CommandError("\n".join(problems))


def _run(_: argparse.Namespace) -> None:
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    for chatty in ("aiohttp.access", "kopf.activities", "kopf.objects"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    from tracedpipeline import handlers

    asyncio.run(handlers.run(Settings.from_environment(os.environ), LIVENESS))


def _render(arguments: argparse.Namespace) -> None:
    settings = Settings.from_environment(os.environ)
    files = list(_files(arguments.file))
    _refuse([f"{name}: {problem}" for name, found in files for problem in found.problems])
    objects = [o for _, found in files for pipeline in found.pipelines for o in _objects(pipeline, settings)]
    yaml.safe_dump_all(objects, sys.stdout, sort_keys=False)


def _objects(pipeline: TracedPipeline, settings: Settings) -> list[dict[str, Any]]:
    if pipeline.spec.kafka.cluster:
        message = "only Strimzi's resources tell how its Kafka is reached; without topics, users, producer and consumer"
        _tell(f"{pipeline.name}: {message}")
    return desired.build(pipeline, plan.access(pipeline), settings)


def _validate(arguments: argparse.Namespace) -> None:
    problems: list[str] = []
    for name, found in _files(arguments.file):
        problems += [f"{name}: {problem}" for problem in found.problems]
        for pipeline in found.pipelines:
            print(f"{pipeline.name}: valid")
    _refuse(problems)


def _crd(_: argparse.Namespace) -> None:
    print("# Generated from tracedpipeline.api by `make generate`.")
    yaml.safe_dump(crd.definition(), sys.stdout, sort_keys=False, width=120)


def _trace(arguments: argparse.Namespace) -> None:
    from tracedpipeline.jaeger import lookup
    from tracedpipeline.jaeger.client import JaegerError

    url = arguments.jaeger or naming.jaeger_url(arguments.name, arguments.namespace)
    try:
        print(asyncio.run(_waterfall(arguments.name, url, arguments.html)))
    except (lookup.NoTraceError, JaegerError) as error:
        raise CommandError(str(error)) from None


async def _waterfall(pipeline: str, url: str, file: Path | None) -> str:
    from tracedpipeline.jaeger import lookup, waterfall
    from tracedpipeline.jaeger.client import Jaeger
    from tracedpipeline.untrusted.bounded_http import open_session

    async with open_session() as session:
        jaeger = Jaeger(session, url, pipeline)
        found, last = await lookup.newest(jaeger, _tell)
        if file:
            _write_page(file, pipeline, [*await lookup.messages(jaeger), *found])
    return waterfall.draw(found, last.end_to_end_milliseconds)


def _write_page(file: Path, pipeline: str, spans: Sequence["Span"]) -> None:
    from tracedpipeline.jaeger import proof
    from tracedpipeline.page import build, html

    verdict, _ = proof.finding(pipeline, spans)
    text = html.render(build.build(pipeline, verdict, spans, time.time() * 1000))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file}: cannot be written: {error.strerror}") from None
    _tell(f"wrote {file}")


def _up(arguments: argparse.Namespace) -> None:
    try:
        from tracedpipeline.local import command
        from tracedpipeline.local.errors import LocalError
        from tracedpipeline.local.up import Options
    except ModuleNotFoundError as error:
        missing = f"up needs {error.name}, which is not installed"
        raise CommandError(f"{missing}: pip install 'tracedpipeline-operator[local]'") from error

    if arguments.open and not arguments.jaeger:
        raise CommandError("--open opens a trace on Jaeger's page: give its address with --jaeger URL")
    options = Options(
        kafka=arguments.kafka,
        once=arguments.once,
        open=arguments.open,
        jaeger=arguments.jaeger and arguments.jaeger.rstrip("/"),
        keep=arguments.keep,
        secrets=arguments.secrets,
        port=arguments.port,
    )
    try:
        status = command.run(_only_pipeline(arguments.file), options)
    except LocalError as error:
        raise CommandError(str(error)) from None
    if status:
        sys.exit(status)


def _only_pipeline(path: str) -> TracedPipeline:
    ((name, found),) = _files([path])
    _refuse([f"{name}: {problem}" for problem in found.problems])
    if len(found.pipelines) > 1:
        raise CommandError(f"{name}: has {len(found.pipelines)} TracedPipelines, of which one can run: keep it alone")
    return found.pipelines[0]


def _kafka(text: str) -> str:
    if text in ("real", "mock", "spec"):
        return text
    try:
        return TypeAdapter(Servers).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of real, mock, spec and HOST:PORT") from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, which is 0 to 65535")
    return int(text)


def _redrive(arguments: argparse.Namespace) -> None:
    from tracedpipeline.find import command
    from tracedpipeline.find.reader import ReaderError
    from tracedpipeline.kubernetes_api.client import Key
    from tracedpipeline.kubernetes_api.errors import ApiServerError

    request = {"limit": arguments.limit, "dry_run": arguments.dry_run}
    try:
        if arguments.local:
            variables, jaeger = _running(arguments.name)
            print(asyncio.run(command.redrive_here(arguments.name, request, variables, jaeger, _tell)))
        else:
            key = Key(arguments.namespace, arguments.name)
            print(asyncio.run(command.redrive_in_cluster(key, request, _tell)))
    except (ReaderError, ApiServerError) as error:
        raise CommandError(str(error)) from None


def _running(name: str) -> tuple[Mapping[str, str], str]:
    """Return the variables that reach Kafka, and where traces are: those of a running `up`, else the shell's."""
    from tracedpipeline.local import running

    found = running.find(running.folder(os.environ), name)
    if found is None:
        _tell(f"no `up` of {name} runs here: with this shell's KAFKA_* variables")
        return os.environ, f"http://127.0.0.1:{naming.JAEGER_QUERY_PORT}"
    others = {key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")}
    return others | dict(found.variables), found.jaeger


def _find(arguments: argparse.Namespace) -> None:
    from tracedpipeline.find import command
    from tracedpipeline.find.reader import ReaderError
    from tracedpipeline.kubernetes_api.client import Key
    from tracedpipeline.kubernetes_api.errors import ApiServerError

    try:
        asked = question_of(arguments)
        if arguments.local:
            variables, known = _running(arguments.name)
            look = command.here(arguments.name, asked, variables, arguments.jaeger or known, _tell)
        else:
            look = command.in_cluster(Key(arguments.namespace, arguments.name), asked, arguments.jaeger, _tell)
        text, found = asyncio.run(look)
    except (QuestionError, ReaderError, ApiServerError) as error:
        raise CommandError(str(error)) from None
    print(text)
    if not found:
        raise SystemExit(1)


def _tell(what: str) -> None:
    print(f"tracedpipeline: {what}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tracedpipeline", description="Kafka pipelines whose messages are traced.")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("run", help="run the operator").set_defaults(command=_run)
    commands.add_parser("crd", help="print the CustomResourceDefinition").set_defaults(command=_crd)
    for name, command, what in (
        ("render", _render, "print the objects that a resource stands for"),
        ("validate", _validate, "tell what is wrong with a resource"),
    ):
        sub = commands.add_parser(name, help=what)
        sub.add_argument(
            "-f", "--file", action="append", required=True, help="YAML file with TracedPipelines, - for standard input"
        )
        sub.set_defaults(command=command)
    _add_up(commands.add_parser("up", help="run a pipeline on this machine, without any cluster"))
    trace = commands.add_parser("trace", help="draw the newest connected trace")
    trace.add_argument("name", help="name of the pipeline")
    trace.add_argument("-n", "--namespace", default="default", help="its namespace")
    trace.add_argument("--jaeger", help="Jaeger's address; inside the cluster it is known")
    trace.add_argument("--html", type=Path, metavar="FILE", help="write the page with the newest traces, too")
    trace.set_defaults(command=_trace)
    find = commands.add_parser("find", help="tell where a message is")
    add_to(find)
    find.set_defaults(command=_find)
    redrive = commands.add_parser("redrive", help="send dead letters back to their topic")
    add_redrive_to(redrive)
    redrive.set_defaults(command=_redrive)
    return parser


def _add_up(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--file", required=True, help="YAML file with one TracedPipeline, - for standard input")
    parser.add_argument(
        "--kafka",
        type=_kafka,
        default="real",
        metavar="real|mock|spec|HOST:PORT",
        help="Apache Kafka of this machine's own (real, which downloads 44 MB once), librdkafka's mock broker, "
        "the cluster that the spec names, or one at an address",
    )
    parser.add_argument("--once", action="store_true", help="end with the first connected trace")
    parser.add_argument("--jaeger", metavar="URL", help="a Jaeger that is there, in place of the command's own store")
    parser.add_argument("--open", action="store_true", help="open the first trace on Jaeger's page")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the traces in this folder")
    parser.add_argument(
        "--secrets",
        type=Path,
        metavar="DIR",
        help="folder with a folder for each Secret, and in it a file for each key",
    )
    parser.add_argument("--port", type=_port, default=0, help="where traces are taken and read; any that is free")
    parser.set_defaults(command=_up)


def main() -> None:
    """Run the command that the arguments name; exit with 1 and a sentence where it cannot be carried out."""
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
        sys.stdout.flush()
    except (CommandError, SettingsError) as error:
        sys.exit("\n".join(f"tracedpipeline: {line}" for line in str(error).splitlines()))
    except BrokenPipeError:
        # Whoever read has enough; Python would complain once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
