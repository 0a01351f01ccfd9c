from dataclasses import replace

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.observed import Component, Observed
from tracedpipeline.status import readiness
from tracedpipeline.verdict import Verdict

GOOD = Observed(
    kafka=Verdict(True, reasons.TOPIC_READY, "fine"),
    components={component: Component(component, 1, 1, rolled_out=True) for component in naming.COMPONENTS},
    traces=Verdict(True, reasons.FLOWING, "fine"),
)


def with_component(component: Component) -> Observed:
    return replace(GOOD, components={**GOOD.components, component.name: component})


def test_all_is_well() -> None:
    verdicts = readiness.conditions(GOOD)
    assert [verdict.ok for verdict in verdicts.values()] == [True] * 7
    assert list(verdicts)[-1] == readiness.READY


def test_ready_tells_the_first_part_that_is_not() -> None:
    crashing = Component("jaeger", problem=Verdict(False, reasons.CRASH_LOOP_BACK_OFF, "exit code 1"))
    ready = readiness.conditions(with_component(crashing))[readiness.READY]
    assert ready == Verdict(False, reasons.CRASH_LOOP_BACK_OFF, "Jaeger: exit code 1")


def test_kafka_comes_first() -> None:
    away = replace(with_component(Component("jaeger")), kafka=Verdict(False, reasons.KAFKA_UNREACHABLE, "nobody"))
    assert readiness.conditions(away)[readiness.READY].reason == reasons.KAFKA_UNREACHABLE


def test_traces_have_a_condition_of_their_own() -> None:
    silent = replace(GOOD, traces=Verdict(False, reasons.NO_CONSUMER_SPANS, "none"))
    verdicts = readiness.conditions(silent)
    assert verdicts[readiness.TRACES_FLOWING].ok is False
    assert verdicts[readiness.READY].ok is True


def test_traces_are_unknown_before_they_can_be_looked_for() -> None:
    assert readiness.conditions(replace(GOOD, traces=None))[readiness.TRACES_FLOWING] == readiness.WAITING


def test_a_component_that_is_not_there_or_not_complete() -> None:
    reason = [
        readiness.conditions(with_component(component))["ProducerReady"].reason
        for component in (Component("producer", exists=False), Component("producer", 2, 1))
    ]
    assert reason == [reasons.NOT_CREATED, reasons.PROGRESSING]


def test_a_verdict_of_its_own_is_the_components() -> None:
    stopping = Verdict(False, reasons.STOPPING_WITH_SAVEPOINT, "ends")
    verdicts = readiness.conditions(with_component(Component("consumer", 2, 2, verdict=stopping)))
    assert verdicts["ConsumerReady"] == stopping
    assert verdicts[readiness.READY].reason == reasons.STOPPING_WITH_SAVEPOINT


def test_a_component_that_is_scaled_to_0_is_ready_and_said() -> None:
    verdicts = readiness.conditions(with_component(Component("consumer", 0, 0, rolled_out=True)))
    assert verdicts["ConsumerReady"].reason == reasons.SCALED_TO_ZERO
    ready = verdicts[readiness.READY]
    assert ready == Verdict(True, reasons.ALL_AVAILABLE, "all components are available; scaled to 0: Consumer")


def test_a_component_that_is_still_scaling_to_0_is_not_ready() -> None:
    assert readiness.conditions(with_component(Component("consumer", 0, 1)))[readiness.READY].ok is False


@pytest.mark.parametrize(("ready", "awaited"), [(0, "the others"), (2, "what an older revision has left to end")])
def test_what_a_component_waits_for(ready: int, awaited: str) -> None:
    verdict = readiness.conditions(with_component(Component("jaeger", 2, ready)))["JaegerReady"]
    assert verdict.message == f"{ready} of 2 pods are ready; waiting for {awaited}"
