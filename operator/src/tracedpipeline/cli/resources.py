"""`tracedpipeline crd`, `render` and `validate`: what is known without Kafka and without a cluster."""

import argparse
import os
import sys
from typing import Any

import yaml

from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.crd import definition
from tracedpipeline.cli import files
from tracedpipeline.cli.messages import refuse, tell
from tracedpipeline.kafka import plan
from tracedpipeline.settings import Settings


def crd(_: argparse.Namespace) -> None:
    """Print the CustomResourceDefinition."""
    print("# Generated from tracedpipeline.api by `make generate`.")
    yaml.safe_dump(definition(), sys.stdout, sort_keys=False, width=120)


def render(arguments: argparse.Namespace) -> None:
    """Print the objects that the files' pipelines are made of."""
    settings = Settings.from_environment(os.environ)
    found = list(files.read(arguments.file))
    refuse([f"{name}: {problem}" for name, manifests in found for problem in manifests.problems])
    objects = [o for _, manifests in found for pipeline in manifests.pipelines for o in _objects(pipeline, settings)]
    yaml.safe_dump_all(objects, sys.stdout, sort_keys=False)


def validate(arguments: argparse.Namespace) -> None:
    """Print which of the files' pipelines are valid, and refuse the others."""
    problems: list[str] = []
    for name, found in files.read(arguments.file):
        problems += [f"{name}: {problem}" for problem in found.problems]
        for pipeline in found.pipelines:
            print(f"{pipeline.name}: valid")
    refuse(problems)


def add_files_to(parser: argparse.ArgumentParser) -> None:
    """Add the files' argument to a parser."""
    parser.add_argument(
        "-f", "--file", action="append", required=True, help="YAML file with TracedPipelines, - for standard input"
    )


def _objects(pipeline: TracedPipeline, settings: Settings) -> list[dict[str, Any]]:
    if pipeline.spec.kafka.cluster:
        message = "only Strimzi's resources tell how its Kafka is reached; without topics, users, producer and consumer"
        tell(f"{pipeline.name}: {message}")
    return desired.build(pipeline, plan.access(pipeline), settings)
