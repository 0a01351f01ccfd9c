"""`tracedpipeline up`: a pipeline on this machine."""

import argparse
import sys
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tracedpipeline.api.names import Servers
from tracedpipeline.cli.files import only_pipeline
from tracedpipeline.cli.messages import CommandError
from tracedpipeline.cli.ports import port_number


def up(arguments: argparse.Namespace) -> None:
    """Run a pipeline on this machine, and exit as it ended."""
    try:
        from tracedpipeline.local import command
        from tracedpipeline.local.errors import LocalError
        from tracedpipeline.local.up import Options
        from tracedpipeline.loopback import PortError
    except ModuleNotFoundError as error:
        missing = f"up needs {error.name}, which is not installed"
        raise CommandError(f"{missing}: pip install 'tracedpipeline-operator[local]'") from error

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
        status = command.run(only_pipeline(arguments.file), options)
    except (LocalError, PortError) as error:
        raise CommandError(str(error)) from None
    if status:
        sys.exit(status)


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to a parser."""
    parser.add_argument("-f", "--file", required=True, help="YAML file with one TracedPipeline, - for standard input")
    parser.add_argument(
        "--kafka",
        type=kafka,
        default="real",
        metavar="real|mock|spec|HOST:PORT",
        help="Apache Kafka of this machine's own (real, which downloads 44 MB once), librdkafka's mock broker, "
        "the cluster that the spec names, or one at an address",
    )
    parser.add_argument("--once", action="store_true", help="end with the first connected trace")
    parser.add_argument("--jaeger", metavar="URL", help="a Jaeger that is there, in place of the command's own store")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the traces in this folder")
    parser.add_argument(
        "--secrets",
        type=Path,
        metavar="DIR",
        help="folder with a folder for each Secret, and in it a file for each key",
    )
    parser.add_argument("--port", type=port_number, default=0, help="where traces are taken and read; any that is free")


def kafka(text: str) -> str:
    """Return which Kafka cluster the argument names."""
    if text in ("real", "mock", "spec"):
        return text
    try:
        return TypeAdapter(Servers).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of real, mock, spec and HOST:PORT") from None
