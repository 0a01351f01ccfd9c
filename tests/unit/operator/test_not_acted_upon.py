"""A resource for which nothing is done keeps all of its conditions, and has them back afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.apply import Applier
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError, PreviousDrainingError
from tracedpipeline.observe import Observer
from tracedpipeline.observed import Component, Observed
from tracedpipeline.reconcile import reconcile
from tracedpipeline.status import readiness
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body
from tests.unit.operator.failing import KEY, ORDERS, Bench, bench

__all__ = ["bench"]

Change = Callable[[Bench, pytest.MonkeyPatch], None]
LISTED = "/apis/tracedpipeline.dev/v1alpha1/tracedpipelines"


def spec(**fields: Any) -> Change:
    def change(bench: Bench, _: pytest.MonkeyPatch) -> None:
        bench.server.objects[ORDERS] |= {"spec": body(**fields)["spec"]}

    return change


def in_use(bench: Bench, _: pytest.MonkeyPatch) -> None:
    older = body("older")
    older["metadata"]["creationTimestamp"] = "2025-01-01T00:00:00Z"
    bench.server.objects[f"{LISTED}/older"] = older


def raised(error: Exception) -> Change:
    async def fail(*_: object) -> None:
        raise error

    return lambda _, monkeypatch: monkeypatch.setattr(Applier, "apply", fail)


REFUSED: dict[str, Change] = {
    reasons.PAUSED: spec(paused=True),
    reasons.INVALID_SPEC: spec(producer={"ratePerSecond": "many"}),
    reasons.TOPIC_AND_GROUP_IN_USE: in_use,
    reasons.OBJECT_NOT_OWNED: raised(ObjectNotOwnedError("somebody else's")),
    reasons.PREVIOUS_DRAINING: raised(PreviousDrainingError("drains")),
}


@pytest.mark.parametrize(("reason", "refuse"), REFUSED.items(), ids=REFUSED)
@pytest.mark.parametrize("looked_before", [True, False], ids=["later", "from the start"])
async def test_each_condition_stays_and_is_unknown(
    bench: Bench, reason: str, refuse: Change, looked_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if looked_before:
        await reconcile(bench.reconciler, KEY)
    with monkeypatch.context() as patch:
        refuse(bench, patch)
        await reconcile(bench.reconciler, KEY)
        assert (bench.server.ready["status"], bench.server.ready["reason"]) == ("False", reason)
        others = {kind: (c["status"], c["reason"]) for kind, c in bench.server.conditions.items()}
        assert {kind: others[kind] for kind in readiness.OBSERVED} == dict.fromkeys(
            readiness.OBSERVED, ("Unknown", reason)
        )
        assert bench.server.events[-1]["reason"] == reason
        bench.server.forget_requests()
        await reconcile(bench.reconciler, KEY)
        assert bench.server.sent("PATCH") == bench.server.sent("POST") == []
    bench.server.objects[ORDERS] |= {"spec": body()["spec"]}
    bench.server.objects.pop(f"{LISTED}/older", None)
    await reconcile(bench.reconciler, KEY)
    assert bench.server.conditions["KafkaReady"]["reason"] == reasons.TOPIC_READY


@pytest.mark.parametrize(
    ("traces", "kind"),
    [
        (Verdict(True, reasons.FLOWING, "read back"), "Normal"),
        (Verdict(None, reasons.SAMPLING_OFF, "ratio 0"), "Normal"),
        (Verdict(None, reasons.CONSUMER_BEHIND, "5 min"), "Warning"),
        (Verdict(False, reasons.TRACES_NOT_CONNECTED, "dropped"), "Warning"),
    ],
    ids=lambda each: each.reason if isinstance(each, Verdict) else each,
)
async def test_what_becomes_of_the_traces_is_an_event(
    bench: Bench, traces: Verdict, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reconcile(bench.reconciler, KEY)
    ready = {name: Component(name, 1, 1, rolled_out=True) for name in ("collector", "jaeger", "producer", "consumer")}

    async def health(*_: object) -> Observed:
        return Observed(Verdict(True, reasons.TOPIC_READY, "fine"), ready, traces)

    monkeypatch.setattr(Observer, "health", health)
    bench.server.forget_requests()
    await reconcile(bench.reconciler, KEY)
    told = [(event["type"], event["reason"], event["note"]) for event in bench.server.events]
    assert told[1:] == [(kind, traces.reason, traces.message)]
    bench.server.forget_requests()
    await reconcile(bench.reconciler, KEY)
    assert bench.server.events == []
