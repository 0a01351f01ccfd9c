"""The `tracedpipeline` command: a module for each of its commands, or for those that are alike.

What talks to the API server, Kafka or Jaeger is imported by the commands that do: loading it takes longer than
`validate` and `render` take in all.
"""

import argparse
import os
import sys

from tracedpipeline.cli import page, records, resources, run, trace, up
from tracedpipeline.cli.messages import CommandError
from tracedpipeline.find import arguments
from tracedpipeline.settings import SettingsError

_INTERRUPTED = 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tracedpipeline", description="Kafka pipelines whose messages are traced.")
    commands = parser.add_subparsers(required=True)
    for name, command, add_arguments, what in (
        ("run", run.run, None, "run the operator"),
        ("crd", resources.crd, None, "print the CustomResourceDefinition"),
        ("render", resources.render, resources.add_files_to, "print the objects that a resource stands for"),
        ("validate", resources.validate, resources.add_files_to, "tell what is wrong with a resource"),
        ("up", up.up, up.add_to, "run a pipeline on this machine, without any cluster"),
        ("trace", trace.trace, trace.add_to, "draw the newest connected trace"),
        ("page", page.page, page.add_to, "serve the page of a pipeline in a cluster"),
        ("find", records.find, arguments.add_to, "tell where a message is"),
        ("redrive", records.redrive, arguments.add_redrive_to, "send dead letters back to their topic"),
    ):
        sub = commands.add_parser(name, help=what)
        if add_arguments:
            add_arguments(sub)
        sub.set_defaults(command=command)
    return parser


def main() -> None:
    """Run the command that the arguments name; exit with 1 and a sentence where it cannot be carried out."""
    typed = _parser().parse_args()
    try:
        typed.command(typed)
        sys.stdout.flush()
    except (CommandError, SettingsError) as error:
        sys.exit("\n".join(f"tracedpipeline: {line}" for line in str(error).splitlines()))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read has enough; Python would complain once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
