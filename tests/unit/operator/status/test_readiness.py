from dataclasses import replace

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.kubernetes_api import pods
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


NOT_CREATED = Verdict(False, reasons.NOT_CREATED, "the producer's Deployment is not there yet")


@pytest.mark.parametrize(
    ("component", "verdict"),
    [
        (Component("producer", exists=False), NOT_CREATED),
        (
            Component("producer", 2, 1),
            Verdict(False, reasons.PROGRESSING, "1 of 2 pods are ready; waiting for the others"),
        ),
        (Component("producer", 2, 2, rolled_out=True), Verdict(True, reasons.AVAILABLE, "2 of 2 pods are ready")),
        (
            Component("producer", 0, 0, rolled_out=True),
            Verdict(True, reasons.SCALED_TO_ZERO, "replicas is 0: no pod is wanted"),
        ),
    ],
    ids=["missing", "incomplete", "complete", "none wanted"],
)
def test_what_a_component_without_a_problem_is_in(component: Component, verdict: Verdict) -> None:
    assert readiness.conditions(with_component(component))["ProducerReady"] == verdict


def test_a_component_that_nothing_was_seen_of_is_not_there() -> None:
    others = {name: component for name, component in GOOD.components.items() if name != "producer"}
    assert readiness.conditions(replace(GOOD, components=others))["ProducerReady"] == NOT_CREATED


def test_traces_are_looked_for_once_kafka_and_each_component_are_there() -> None:
    assert readiness.components_available(GOOD)
    assert not readiness.components_available(with_component(Component("jaeger", 1, 0)))
    for ok in (False, None):
        assert not readiness.components_available(replace(GOOD, kafka=Verdict(ok, reasons.KAFKA_UNREACHABLE, "?")))


def test_of_a_resource_that_is_not_acted_upon_all_is_unknown_but_ready() -> None:
    ready = Verdict(False, reasons.INVALID_SPEC, "spec.x: unknown field")
    verdicts = readiness.refused(ready)
    assert verdicts.pop(readiness.READY) is ready
    message = "not looked at: nothing is done for the resource, and Ready tells why"
    assert verdicts == dict.fromkeys(readiness.OBSERVED, Verdict(None, reasons.INVALID_SPEC, message))


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


def test_each_component_that_is_scaled_to_0_is_said() -> None:
    idle = {name: Component(name, 0, 0, rolled_out=True) for name in ("producer", "consumer")}
    ready = readiness.conditions(replace(GOOD, components={**GOOD.components, **idle}))[readiness.READY]
    assert ready.message == "all components are available; scaled to 0: Producer, Consumer"


def test_where_none_is_scaled_to_0_nothing_is_said_of_it() -> None:
    assert readiness.conditions(GOOD)[readiness.READY].message == "all components are available"


def test_a_component_that_is_still_scaling_to_0_is_not_ready() -> None:
    assert readiness.conditions(with_component(Component("consumer", 0, 1)))[readiness.READY].ok is False


@pytest.mark.parametrize(("ready", "awaited"), [(0, "the others"), (2, "what an older revision has left to end")])
def test_what_a_component_waits_for(ready: int, awaited: str) -> None:
    verdict = readiness.conditions(with_component(Component("jaeger", 2, ready)))["JaegerReady"]
    assert verdict.message == f"{ready} of 2 pods are ready; waiting for {awaited}"


@pytest.mark.parametrize("name", naming.COMPONENTS)
def test_a_component_that_is_killed_for_its_memory_is_told_by_name(name: str) -> None:
    end = {
        "reason": "OOMKilled",
        "exitCode": 137,
        "message": "Everything is ready",
        "finishedAt": "2026-01-01T00:00:00Z",
    }
    waits = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": end}}
    deployment = {"metadata": {"generation": 1}, "spec": {"replicas": 1}, "status": {}}
    killed = pods.component(name, deployment, [{"status": {"containerStatuses": [waits]}}], 0)
    found = readiness.conditions(with_component(killed))
    for condition in (readiness.COMPONENT_READY[name], readiness.READY):
        assert found[condition].reason == reasons.OOM_KILLED
    assert found[readiness.READY].message.startswith(f"{name.capitalize()}: the container was killed (OOMKilled)")
