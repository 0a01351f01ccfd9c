import json
from typing import Any

import pytest
from tracedpipeline.api import InvalidSpecError, TracedPipeline

from tests.odd_specs import ACCEPTED, REFUSED
from tests.unit.operator.conftest import body


@pytest.mark.parametrize(("spec", "path", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_named_with_its_path(spec: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidSpecError) as refused:
        TracedPipeline.parse(body(**spec))
    assert words in dict(refused.value.problems)[path]


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_odd_but_sound_is_accepted(spec: dict[str, Any]) -> None:
    TracedPipeline.parse(json.loads(json.dumps(body(**spec))))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(InvalidSpecError, match=r"spec\.producer\.ratePerSecond"):
        TracedPipeline.parse(body(producer={"ratePerSecond": number}))


def test_a_number_too_long_to_be_written_is_refused_in_words() -> None:
    with pytest.raises(InvalidSpecError, match=r"spec\.producer\.messageBytes: input should be less than or equal to"):
        TracedPipeline.parse(body(producer={"messageBytes": 16**5000}))


def test_what_was_given_is_told_in_short() -> None:
    with pytest.raises(InvalidSpecError) as refused:
        TracedPipeline.parse(body(consumer={"groupId": " " * 100_000, "x" * 100_000: 1}))
    assert len(str(refused.value)) < 1_000


def test_of_many_problems_the_first_are_named() -> None:
    with pytest.raises(InvalidSpecError, match=r"x\d: unknown field.*; and \d+ more$") as refused:
        TracedPipeline.parse({**body(), "spec": {f"x{i}": 1 for i in range(1000)}})
    assert len(str(refused.value)) < 2_000
