"""That nothing is left running behind what has failed."""

import asyncio

import pytest
from tracedpipeline.together import all_of, both_ends


class Slow:
    """Work that ends when it is told to, or when it is ended."""

    def __init__(self) -> None:
        self.ended = False

    async def run(self) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True
        return "done"


async def fail() -> str:
    await asyncio.sleep(0)
    raise LookupError("no such kind") from TimeoutError()


async def test_the_first_error_ends_the_others_and_is_raised_as_it_was() -> None:
    slow = Slow()
    with pytest.raises(LookupError, match="no such kind") as caught:
        await all_of([slow.run(), fail()])
    assert slow.ended
    assert isinstance(caught.value.__cause__, TimeoutError)


async def test_results_come_in_order() -> None:
    async def told(word: str, turns: int) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        return word

    assert await all_of([told("a", 5), told("b", 0)]) == ["a", "b"]


async def test_what_ends_the_whole_ends_both() -> None:
    one, other = Slow(), Slow()
    both = asyncio.create_task(both_ends(one.run(), other.run()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    both.cancel()
    await asyncio.wait([both])
    assert one.ended
    assert other.ended
