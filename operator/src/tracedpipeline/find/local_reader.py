"""Runs a program of the pipeline's image as a process of this machine, with the variables of a consumer."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from tracedpipeline.find.reader import MODULES, MOST_BYTES, Printed
from tracedpipeline.untrusted.documents import Document


async def run(
    program: str, request: Mapping[str, Any], variables: Mapping[str, str], tell: Callable[[str], None]
) -> Document:
    """Return what the program found; raises ReaderError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULES[program], json.dumps(request),
        env=dict(variables), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=MOST_BYTES,
    )  # fmt: skip
    printed = Printed(program)
    try:
        if process.stdout:
            async for line in process.stdout:
                if progress := printed.take(line.decode(errors="replace")):
                    tell(progress)
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return printed.end()
