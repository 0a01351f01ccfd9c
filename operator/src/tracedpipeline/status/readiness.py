"""What the observed means: one condition for each part, and Ready as their summary. Pure."""

from collections.abc import Sequence

from tracedpipeline import naming, reasons
from tracedpipeline.observed import Component, Observed
from tracedpipeline.verdict import Verdict, first

KAFKA_READY = "KafkaReady"
TRACES_FLOWING = "TracesFlowing"
READY = "Ready"
# There only while somebody keeps an object otherwise than we want it.
FIELD_CONTESTED = "FieldContested"
# There only while a deletion would not come to its end.
DELETION_UNSAFE = "DeletionUnsafe"
COMPONENT_READY = {name: f"{name.capitalize()}Ready" for name in naming.COMPONENTS}

# What Ready sums up, and the traces.
OBSERVED = (KAFKA_READY, *COMPONENT_READY.values(), TRACES_FLOWING)

WAITING = Verdict(None, reasons.WAITING_FOR_COMPONENTS, "traces are looked for once all components are available")


def conditions(observed: Observed) -> dict[str, Verdict]:
    """Return the verdict of each condition, Ready last."""
    parts = {KAFKA_READY: observed.kafka}
    for name in naming.COMPONENTS:
        parts[COMPONENT_READY[name]] = _component(observed.components.get(name, Component(name, exists=False)))
    parts[TRACES_FLOWING] = observed.traces or WAITING
    return parts | {READY: summary(parts)}


def contested(messages: Sequence[str]) -> dict[str, Verdict]:
    """Return the condition on objects that others keep otherwise; none where nobody does."""
    if not messages:
        return {}
    return {FIELD_CONTESTED: Verdict(True, reasons.FIELD_CONTESTED, "; ".join(messages))}


def deletion_unsafe(topics: Sequence[str]) -> dict[str, Verdict]:
    """Return the condition on topics that a deletion would leave for ever; none where there are none."""
    if not topics:
        return {}
    waits = f"KafkaTopic {', '.join(topics)} still waits for Strimzi's topic operator when it is deleted"
    advice = "which would go at the same time; within a minute it has restarted without finalizers"
    message = f"do not delete the pipeline yet: {waits}, {advice}"
    return {DELETION_UNSAFE: Verdict(True, reasons.FINALIZERS_LEFT, message)}


def components_available(observed: Observed) -> bool:
    """Return whether Kafka and every Deployment are as they should be, so that traces can be expected."""
    return bool(observed.kafka.ok) and all(component.rolled_out for component in observed.components.values())


def summary(parts: dict[str, Verdict]) -> Verdict:
    """Return Ready: true when everything but the traces is; traces have a condition of their own."""
    for condition, verdict in parts.items():
        if verdict.ok is not True and condition != TRACES_FLOWING:
            return Verdict(False, verdict.reason, f"{condition.removesuffix('Ready')}: {verdict.message}")
    idle = [
        condition.removesuffix("Ready")
        for condition, verdict in parts.items()
        if verdict.reason == reasons.SCALED_TO_ZERO and condition != TRACES_FLOWING
    ]
    scaled = f"; scaled to 0: {', '.join(idle)}" if idle else ""
    return Verdict(True, reasons.ALL_AVAILABLE, f"all components are available{scaled}")


def unobserved(ready: Verdict, why: str) -> dict[str, Verdict]:
    """Return the verdict of each condition where nothing was looked at: each stays, as Unknown."""
    return dict.fromkeys(OBSERVED, Verdict(None, ready.reason, f"not looked at: {why}")) | {READY: ready}


def refused(ready: Verdict) -> dict[str, Verdict]:
    """Return the verdict of each condition of a resource that is not acted upon."""
    return unobserved(ready, "nothing is done for the resource, and Ready tells why")


def _component(component: Component) -> Verdict:
    return first(check(component) for check in COMPONENT_CHECKS) or _progressing(component)


def _own_verdict(component: Component) -> Verdict | None:
    return component.verdict


def _not_created(component: Component) -> Verdict | None:
    if component.exists:
        return None
    return Verdict(False, reasons.NOT_CREATED, f"the {component.name}'s Deployment is not there yet")


def _scaled_to_zero(component: Component) -> Verdict | None:
    if component.wanted or not component.rolled_out:
        return None
    return Verdict(True, reasons.SCALED_TO_ZERO, "replicas is 0: no pod is wanted")


def _available(component: Component) -> Verdict | None:
    if not component.rolled_out:
        return None
    return Verdict(True, reasons.AVAILABLE, f"{component.ready} of {component.wanted} pods are ready")


def _problem(component: Component) -> Verdict | None:
    return component.problem


def _progressing(component: Component) -> Verdict:
    awaited = "the others" if component.ready < component.wanted else "what an older revision has left to end"
    message = f"{component.ready} of {component.wanted} pods are ready; waiting for {awaited}"
    return Verdict(False, reasons.PROGRESSING, message)


# The first that has a verdict decides; a component of which none has one only needs time.
COMPONENT_CHECKS = (_own_verdict, _not_created, _scaled_to_zero, _available, _problem)
