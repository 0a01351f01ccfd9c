"""What `make mutants` selects, and how it reads the survivors that are explained."""

import pytest

from tools.mutants import explained
from tools.mutants.explained import Change
from tools.mutants.modules import REPO, Target, targets


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_each_target_has_files_to_mutate_and_tests_that_could_notice(target: Target) -> None:
    assert target.files
    assert all((REPO / test).exists() for test in target.tests)


def test_a_part_of_the_targets_is_selected_by_the_beginning_of_the_name() -> None:
    assert {target.name for target in targets("kafkatrace/")} == {"kafkatrace/context", "kafkatrace/spans"}
    assert targets("no/such") == []


def test_a_survivor_is_explained_on_a_line() -> None:
    lines = ["# how it is read", "", "p.m.f: a: b  # c => a: x  # y  # because"]
    assert explained.read(lines) == {Change("p.m.f", "a: b  # c => a: x  # y"): "because"}


@pytest.mark.parametrize("line", ["p.m.f: a => b", "p.m.f: a => b  # ", "no function  # because"])
def test_a_survivor_without_a_reason_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(SystemExit, match=r"explained\.txt:2: write `function: before => after  # why"):
        explained.read(["", line])


def test_only_what_was_mutated_can_be_stale() -> None:
    gone, other, still = Change("p.m.f", "a => b"), Change("p.more.f", "a => b"), Change("p.m.f", "c => d")
    assert explained.stale([gone, other, still], {still}, {"p.m"}) == [gone]


def test_the_file_in_use_can_be_read() -> None:
    explained.read(explained.FILE.read_text().splitlines())
