"""Things at a time: none is left running when the others have ended."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


async def both_ends(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One | Exception, Other | Exception]:
    """Return what each has returned or raised, when both have ended."""
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(_end(one)), group.create_task(_end(other))
    return first.result(), second.result()


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


async def all_of(works: Iterable[Coroutine[Any, Any, One]]) -> list[One]:
    """Return what each one returns; the first that raises ends the others, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as failed:
        first = failed.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]
