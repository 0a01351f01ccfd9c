"""When a reconcile wants to look again; everything that it touches is a fake."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.observed import Component, Observed
from tracedpipeline.reconcile import WAITING_SECONDS, reconcile
from tracedpipeline.settings import Settings
from tracedpipeline.state import Applied, State
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body

KEY = ("shop", "orders")
FLOWING = Verdict(True, reasons.FLOWING, "fine")
GOOD = Observed(
    kafka=Verdict(True, reasons.TOPIC_READY, "fine"),
    components={component: Component(component, 1, 1, rolled_out=True) for component in naming.COMPONENTS},
    traces=FLOWING,
)


class Reconciler:
    """Where a pipeline looks as the test says."""

    def __init__(self, settings: Settings, found: dict[str, Any] | None, seen: Observed) -> None:
        self.settings = settings
        self.cluster = self.observer = self.applier = self.reporter = self
        self.reported: dict[str, Verdict] = {}
        self.forgotten: list[object] = []
        self._found, self._seen = found, seen

    async def pipeline(self, key: object) -> dict[str, Any] | None:
        return self._found

    async def other_pipelines(self, pipeline: object) -> tuple[object, list[Any]]:
        return pipeline, []

    async def state(self, pipeline: object) -> State:
        return State({}, Access(None))

    async def prepare(self, pipeline: object, state: State) -> State:
        return state

    async def apply(self, *_: object) -> Applied:
        return Applied(self._seen.kafka)

    async def health(self, *_: object) -> Observed:
        return self._seen

    async def report(self, body: object, verdicts: dict[str, Verdict], details: object = None) -> None:
        self.reported = verdicts

    def forget(self, key: object) -> None:
        self.forgotten.append(key)


async def looked(reconciler: Reconciler) -> float | None:
    return await reconcile(reconciler, KEY)  # type: ignore[arg-type]  # all of Reconciler that it uses


async def test_a_healthy_pipeline_is_left_in_peace_until_the_next_probe(settings: Settings) -> None:
    reconciler = Reconciler(settings, body(), GOOD)
    assert await looked(reconciler) == settings.probe_interval_seconds > WAITING_SECONDS
    assert reconciler.reported["Ready"].ok


@pytest.mark.parametrize("traces", [None, replace(FLOWING, ok=None), replace(FLOWING, ok=False)])
async def test_what_is_awaited_is_looked_at_every_second(settings: Settings, traces: Verdict | None) -> None:
    assert await looked(Reconciler(settings, body(), replace(GOOD, traces=traces))) == WAITING_SECONDS


async def test_a_spec_that_only_its_author_can_change_is_not_looked_at_every_second(settings: Settings) -> None:
    reconciler = Reconciler(settings, body(producer={"ratePerSecond": "many"}), GOOD)
    assert await looked(reconciler) == settings.resync_seconds > WAITING_SECONDS
    assert reconciler.reported["Ready"].reason == reasons.INVALID_SPEC


@pytest.mark.parametrize("deleted", [None, body() | {"metadata": body()["metadata"] | {"deletionTimestamp": "now"}}])
async def test_a_pipeline_that_is_gone_is_not_looked_at_again(
    settings: Settings, deleted: dict[str, Any] | None
) -> None:
    reconciler = Reconciler(settings, deleted, GOOD)
    assert await looked(reconciler) is None
    assert reconciler.forgotten == [KEY]


async def test_that_a_deletion_would_not_end_is_a_condition_until_it_would(settings: Settings) -> None:
    class Held(Reconciler):
        held: tuple[str, ...] = ("traced-topic", "traced-topic.dlq")

        async def apply(self, *_: object) -> Applied:
            return Applied(self._seen.kafka, held=self.held)

    reconciler = Held(settings, body(), GOOD)
    await looked(reconciler)
    unsafe = reconciler.reported["DeletionUnsafe"]
    assert (unsafe.ok, unsafe.reason) == (True, reasons.FINALIZERS_LEFT)
    assert "traced-topic, traced-topic.dlq" in unsafe.message
    assert reconciler.reported["Ready"].ok
    reconciler.held = ()
    await looked(reconciler)
    assert "DeletionUnsafe" not in reconciler.reported
