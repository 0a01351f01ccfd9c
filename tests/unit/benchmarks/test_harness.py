"""The harness of the measurements: what one mode leaves current is its own, and lives until its next round."""

from contextvars import Token

import pytest
from opentelemetry import context

from benchmarks.kafkatrace.harness import Mode, measure


class Leaving:
    """Leaves something current until its next run, as the contrib instrumentation's consumer does."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.token: Token[context.Context] | None = None
        self.seen: list[object] = []

    def run(self) -> int:
        self.seen.append(context.get_value("mode"))
        if self.token is not None:
            context.detach(self.token)
        self.token = context.attach(context.set_value("mode", self.name))
        return 1


def test_what_a_mode_leaves_current_can_be_detached_in_its_next_round(caplog: pytest.LogCaptureFixture) -> None:
    left = {name: Leaving(name) for name in ("one", "other")}
    measure("leaving", {name: Mode(each.run) for name, each in left.items()}, 2)
    assert caplog.messages == []
    assert {name: each.seen for name, each in left.items()} == {
        "one": [None, "one", "one"],
        "other": [None, "other", "other"],
    }
    assert context.get_value("mode") is None
