"""`tracedpipeline trace`: the newest connected trace."""

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracedpipeline import naming
from tracedpipeline.cli.messages import CommandError, tell

if TYPE_CHECKING:
    from tracedpipeline.jaeger.traces import Span


def trace(arguments: argparse.Namespace) -> None:
    """Draw the newest connected trace of a pipeline."""
    from tracedpipeline.jaeger import lookup
    from tracedpipeline.jaeger.client import JaegerError

    url = arguments.jaeger or naming.jaeger_url(arguments.name, arguments.namespace)
    try:
        print(asyncio.run(_waterfall(arguments.name, url, arguments.html)))
    except (lookup.NoTraceError, JaegerError) as error:
        raise CommandError(str(error)) from None


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to a parser."""
    parser.add_argument("name", help="name of the pipeline")
    parser.add_argument("-n", "--namespace", default="default", help="its namespace")
    parser.add_argument("--jaeger", help="Jaeger's address; inside the cluster it is known")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the page with the newest traces, too")


async def _waterfall(pipeline: str, url: str, file: Path | None) -> str:
    from tracedpipeline.jaeger import lookup, waterfall
    from tracedpipeline.jaeger.client import Jaeger
    from tracedpipeline.untrusted.bounded_http import open_session

    async with open_session() as session:
        jaeger = Jaeger(session, url, pipeline)
        found, last = await lookup.newest(jaeger, tell)
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
    tell(f"wrote {file}")
