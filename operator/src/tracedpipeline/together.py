"""Two things at a time, both to their end."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


async def both_ends(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One | Exception, Other | Exception]:
    """Return what each has returned or raised, when both have ended."""
    return await asyncio.gather(_end(one), _end(other))


async def _end(work: Awaitable[One]) -> One | Exception:
    try:
        return await work
    except Exception as error:
        return error


async def together(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One, Other]:
    """Return what both return, when both have ended; raises what one has raised, or the group of both errors."""
    first, second = await both_ends(one, other)
    if isinstance(first, Exception) and isinstance(second, Exception):
        raise ExceptionGroup("both failed", [first, second])
    if isinstance(first, Exception):
        raise first
    if isinstance(second, Exception):
        raise second
    return first, second
