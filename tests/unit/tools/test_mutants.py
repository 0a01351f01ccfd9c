"""What `make mutants` selects, and how it reads the survivors that are explained."""

from pathlib import Path

import pytest

from tools.mutants import explained, runs
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


def says(monkeypatch: pytest.MonkeyPatch, folder: Path, of_run: str, of_results: str) -> None:
    """Let a program that fails as it runs stand for mutmut."""
    program = folder / "mutmut"
    program.write_text(f'#!/bin/sh\n[ "$1" = run ] && {{ echo "{of_run}"; exit 1; }}\necho "{of_results}"\n')
    program.chmod(0o755)
    monkeypatch.setattr(runs, "MUTMUT", program)
    monkeypatch.setattr(runs, "CACHE", folder)


@pytest.mark.parametrize(
    ("results", "survivors"),
    [("", []), ("    tracedpipeline.reasons.x_f__mutmut_1: not checked", ["tracedpipeline.reasons.f"])],
    ids=["no functions", "functions that no test runs"],
)
def test_a_target_of_which_no_test_runs_a_function_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, results: str, survivors: list[str]
) -> None:
    says(monkeypatch, tmp_path, "Stopping early, because we could not find any test case for any mutant.", results)
    found = list(runs.run(Target("tracedpipeline.reasons")))
    assert [mutant.function for mutant in found if not mutant.noticed] == survivors


def test_a_mutmut_that_fails_otherwise_ends_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    says(monkeypatch, tmp_path, "failed to collect stats", "")
    with pytest.raises(SystemExit, match="mutmut failed on tracedpipeline/reasons; its output is "):
        list(runs.run(Target("tracedpipeline.reasons")))
