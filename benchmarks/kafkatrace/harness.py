"""Interleaved rounds: every mode runs in every round, so that whatever else the machine does hits all of them."""

import gc
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass
from typing import Final

_QUIET_SHARE: Final = 0.2  # the rounds that were disturbed least


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to do the work; `run` tells for how many messages it did it, `prepare` and `settle` don't count."""

    run: Callable[[], int]
    prepare: Callable[[], None] = lambda: None
    settle: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of the calling thread: microseconds per message in the quiet rounds, and how many times the first mode's."""

    microseconds: float
    ratio: float


def measure(what: str, modes: Mapping[str, Mode], rounds: int) -> dict[str, Cost]:
    """Run all modes `rounds` times, after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in modes}
    # The contrib instrumentation leaves its last span as the current one, and detaches it in its next poll(): it must
    # neither reach the other modes nor be detached in a context that it was not attached in.
    contexts = {name: Context() for name in modes}
    for number in range(rounds + 1):
        print(f"\r{what}: round {number} of {rounds} ", end="", file=sys.stderr, flush=True)
        for name, mode in modes.items():
            spent = _once(mode, contexts[name])
            if number:
                times[name].append(spent)
    print(file=sys.stderr)
    costs = {name: _quiet(spent) for name, spent in times.items()}
    baseline = costs[next(iter(modes))]
    return {name: Cost(cost, cost / baseline) for name, cost in costs.items()}


def _once(mode: Mode, context: Context) -> float:
    mode.prepare()
    gc.collect()
    started = time.thread_time_ns()
    messages = context.run(mode.run)
    spent = time.thread_time_ns() - started
    mode.settle()
    return spent / messages / 1000


def _quiet(spent: list[float]) -> float:
    quiet = sorted(spent)[: max(round(len(spent) * _QUIET_SHARE), 1)]
    return sum(quiet) / len(quiet)
