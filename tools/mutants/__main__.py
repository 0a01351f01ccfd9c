"""Run the tests on each mutant, print a row for each module, and what survived without a reason."""

import sys
from collections import Counter, defaultdict
from typing import Final

from tools.mutants import explained
from tools.mutants.explained import Change
from tools.mutants.modules import Target, targets
from tools.mutants.runs import CACHE, Run

ENOUGH: Final = 90


def main(only: str = "") -> int:
    """Return 0 when enough was noticed and each survivor has its reason."""
    reasons = explained.read(explained.FILE.read_text().splitlines())
    made: Counter[str] = Counter()
    survived: dict[str, list[Change]] = defaultdict(list)
    print(f"{'module':58} mutants  killed  survived  percent")
    for run in _runs(only):
        for mutant in run.mutants():
            made[mutant.module] += 1
            if not mutant.noticed:
                survived[mutant.module].append(Change(mutant.function, run.change(mutant)))
    for module in sorted(made):
        _row(module, made[module], len(survived[module]))
    _row("all", made.total(), sum(map(len, survived.values())))
    return _verdict(made, [change for changes in survived.values() for change in changes], reasons)


def _verdict(made: Counter[str], survived: list[Change], reasons: dict[Change, str]) -> int:
    unexplained = sorted(change for change in survived if change not in reasons)
    for change in unexplained:
        print(f"survived: {change}")
    for change in explained.stale(reasons, set(survived), set(made)):
        print(f"stale, delete it from {explained.FILE.name}: {change}")
    enough = _percent(made.total(), len(survived)) >= ENOUGH
    if not enough:
        print(f"fewer than {ENOUGH} % were noticed")
    return int(bool(unexplained) or not enough)


def _row(module: str, mutants: int, survived: int) -> None:
    killed = mutants - survived
    print(f"{module:58} {mutants:7} {killed:7} {survived:9} {_percent(mutants, survived):7.1f}%", flush=True)


def _percent(mutants: int, survived: int) -> float:
    return 100 * (mutants - survived) / mutants if mutants else 100


def _runs(only: str) -> list[Run]:
    found: dict[str, list[Target]] = defaultdict(list)
    for target in targets(only) or _nothing(only):
        found[target.dotted.partition(".")[0]].append(target)
    folder = CACHE / "stages" / (only.replace("/", ".") or "all")
    return [Run(of_package, folder / package) for package, of_package in found.items()]


def _nothing(only: str) -> list[Target]:
    names = "\n  ".join(target.name for target in targets())
    raise SystemExit(f"ONLY={only} selects nothing; there are\n  {names}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
