"""`tracedpipeline run`: the operator."""

import argparse
import asyncio
import logging
import os
from typing import Final

from tracedpipeline.settings import Settings

LIVENESS: Final = "http://0.0.0.0:8080/healthz"


def run(_: argparse.Namespace) -> None:
    """Run the operator until it is told to end."""
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    for chatty in ("aiohttp.access", "kopf.activities", "kopf.objects"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    from tracedpipeline import handlers

    asyncio.run(handlers.run(Settings.from_environment(os.environ), LIVENESS))
