"""When a reconcile wants to look again; everything that it touches is a fake."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.observed import Component, Observed, Verdict
from tracedpipeline.reconcile import WAITING_SECONDS, reconcile
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body

KEY = ("shop", "orders")
FLOWING = Verdict(True, reasons.FLOWING, "fine")
GOOD = Observed(
    kafka=Verdict(True, reasons.TOPIC_READY, "fine"),
    components={which: Component(which, 1, 1, settled=True) for which in naming.COMPONENTS},
    traces=FLOWING,
)


class World:
    """Where a pipeline looks as the test says."""

    def __init__(self, settings: Settings, found: dict[str, Any] | None, seen: Observed) -> None:
        self.settings = settings
        self.cluster = self
        self.reported: dict[str, Verdict] = {}
        self.forgotten: list[object] = []
        self._found, self._seen = found, seen

    async def pipeline(self, key: object) -> dict[str, Any] | None:
        return self._found

    async def others(self, pipeline: object) -> list[Any]:
        return []

    async def bring_about(self, pipeline: object) -> tuple[Verdict, None]:
        return self._seen.kafka, None

    async def observe(self, *_: object) -> Observed:
        return self._seen

    async def report(self, body: object, verdicts: dict[str, Verdict], details: object) -> None:
        self.reported = verdicts

    def forget(self, key: object) -> None:
        self.forgotten.append(key)


async def looked(world: World) -> float | None:
    return await reconcile(world, KEY)  # type: ignore[arg-type]  # all of World that it uses


async def test_a_healthy_pipeline_is_left_in_peace_until_the_next_probe(settings: Settings) -> None:
    world = World(settings, body(), GOOD)
    assert await looked(world) == settings.probe_interval_seconds > WAITING_SECONDS
    assert world.reported["Ready"].ok


@pytest.mark.parametrize("traces", [None, replace(FLOWING, ok=None), replace(FLOWING, ok=False)])
async def test_what_is_awaited_is_looked_at_every_second(settings: Settings, traces: Verdict | None) -> None:
    assert await looked(World(settings, body(), replace(GOOD, traces=traces))) == WAITING_SECONDS


async def test_a_spec_that_only_its_author_can_change_is_not_looked_at_every_second(settings: Settings) -> None:
    world = World(settings, body(producer={"ratePerSecond": "many"}), GOOD)
    assert await looked(world) == settings.resync_seconds > WAITING_SECONDS
    assert world.reported["Ready"].reason == reasons.INVALID_SPEC


@pytest.mark.parametrize("deleted", [None, body() | {"metadata": body()["metadata"] | {"deletionTimestamp": "now"}}])
async def test_a_pipeline_that_is_gone_is_not_looked_at_again(
    settings: Settings, deleted: dict[str, Any] | None
) -> None:
    world = World(settings, deleted, GOOD)
    assert await looked(world) is None
    assert world.forgotten == [KEY]
