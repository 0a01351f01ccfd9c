"""The files that a command is given."""

from collections.abc import Iterator, Sequence
from typing import Final

from tracedpipeline.api import KIND, TracedPipeline
from tracedpipeline.cli.messages import CommandError, refuse, tell
from tracedpipeline.manifests import pipelines
from tracedpipeline.manifests.yaml_documents import MOST_BYTES

STANDARD_INPUT: Final = "-"


def read(paths: Sequence[str]) -> Iterator[tuple[str, pipelines.Manifests]]:
    """Yield what each file has, and tell of what in it is not looked at."""
    for path in paths:
        name = "standard input" if path == STANDARD_INPUT else path
        found = pipelines.read(_content(path, name))
        for other in found.others:
            tell(f"{name}: {other} is no {KIND} and was not looked at")
        yield name, found


def only_pipeline(path: str) -> TracedPipeline:
    """Return the one pipeline of a file."""
    ((name, found),) = read([path])
    refuse([f"{name}: {problem}" for problem in found.problems])
    if len(found.pipelines) > 1:
        raise CommandError(f"{name}: has {len(found.pipelines)} TracedPipelines, of which one can run: keep it alone")
    return found.pipelines[0]


def _content(path: str, name: str) -> bytes:
    try:
        with open(0 if path == STANDARD_INPUT else path, "rb", closefd=path != STANDARD_INPUT) as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{name}: cannot be read: {error.strerror}") from None
