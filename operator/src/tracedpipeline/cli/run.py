"""`tracedpipeline run`: the operator."""

import argparse
import asyncio
import logging
import os
from typing import Final

from pythonjsonlogger.json import JsonFormatter

from tracedpipeline.settings import Settings

LOG_LINE: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
LIVENESS: Final = "http://0.0.0.0:8080/healthz"


class OneLine(logging.Formatter):
    """Writes a record as one line, whatever others have put into it: none of them may forge a line, or colours."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line."""
        line = super().formatMessage(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def log_formatter(kind: str) -> logging.Formatter:
    """Return how the operator's log is written: as text, or as an object of JSON in each line."""
    if kind == "json":
        return JsonFormatter(LOG_LINE)
    return OneLine(LOG_LINE)


def run(_: argparse.Namespace) -> None:
    """Run the operator until it is told to end."""
    handler = logging.StreamHandler()
    handler.setFormatter(log_formatter(os.environ.get("LOG_FORMAT", "text")))
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), handlers=[handler])
    for chatty in ("aiohttp.access", "kopf.activities", "kopf.objects"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    from tracedpipeline import handlers

    asyncio.run(handlers.run(Settings.from_environment(os.environ), LIVENESS))
