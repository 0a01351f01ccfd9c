"""How often what is not watched is read."""

import pytest
from tracedpipeline.kubernetes_api.reread import FIRST_SECONDS, LONGEST_SECONDS, Reread


class Read:
    """An answer that the test changes, a clock that it sets, and when the answer was read."""

    def __init__(self) -> None:
        self.now, self.answer, self.at = 0.0, "old", list[float]()
        self.reread = Reread(lambda: self.now)

    async def __call__(self) -> str:
        self.at.append(self.now)
        if self.answer == "away":
            raise TimeoutError
        return self.answer

    async def each_second(self, until: float, question: str = "which") -> None:
        while self.now < until:
            await self.reread.get("key", question, self)
            self.now += 1.0


async def test_the_interval_grows_while_the_answer_stays_the_same() -> None:
    read = Read()
    await read.each_second(30)
    waits = [later - earlier for earlier, later in zip(read.at, read.at[1:], strict=False)]
    assert waits[:4] == [FIRST_SECONDS, 2.0, 4.0, LONGEST_SECONDS]
    assert max(waits) == LONGEST_SECONDS


async def test_a_change_is_seen_after_the_longest_interval_and_then_sooner() -> None:
    read = Read()
    await read.each_second(30)
    read.answer = "new"
    before = len(read.at)
    await read.each_second(45)
    assert read.at[before] - read.at[before - 1] <= LONGEST_SECONDS
    assert read.at[before + 1] - read.at[before] == FIRST_SECONDS


async def test_another_question_is_asked_at_once() -> None:
    read = Read()
    await read.each_second(10)
    before = len(read.at)
    assert await read.reread.get("key", "another", read) == "old"
    assert len(read.at) == before + 1


async def test_an_error_and_what_was_forgotten_are_not_remembered() -> None:
    read = Read()
    read.answer = "away"
    with pytest.raises(TimeoutError):
        await read.reread.get("key", "which", read)
    read.answer = "old"
    assert await read.reread.get("key", "which", read) == "old"
    read.answer = "new"
    assert await read.reread.get("key", "which", read) == "old"
    read.reread.forget("key")
    assert await read.reread.get("key", "which", read) == "new"
