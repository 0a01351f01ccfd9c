"""What the observed means: one condition for each part, and Ready as their summary. Pure."""

from tracedpipeline import naming, reasons
from tracedpipeline.observed import Component, Observed, Verdict

KAFKA_READY = "KafkaReady"
TRACES_FLOWING = "TracesFlowing"
READY = "Ready"
COMPONENT_READY = {which: f"{which.capitalize()}Ready" for which in naming.COMPONENTS}

# What Ready sums up, and the traces.
OBSERVED = (KAFKA_READY, *COMPONENT_READY.values(), TRACES_FLOWING)

WAITING = Verdict(None, reasons.WAITING_FOR_COMPONENTS, "traces are looked for once all components are available")


def judge(observed: Observed) -> dict[str, Verdict]:
    """Return the verdict of each condition, Ready last."""
    parts = {KAFKA_READY: observed.kafka}
    for which in naming.COMPONENTS:
        parts[COMPONENT_READY[which]] = _component(observed.components.get(which, Component(which, exists=False)))
    parts[TRACES_FLOWING] = observed.traces or WAITING
    return parts | {READY: summary(parts)}


def components_available(observed: Observed) -> bool:
    """Tell whether Kafka and every Deployment are as they should be, so that traces can be expected."""
    return bool(observed.kafka.ok) and all(component.settled for component in observed.components.values())


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


def refused(reason: str, message: str) -> dict[str, Verdict]:
    """Return the conditions of a resource that is not acted upon."""
    return {READY: Verdict(False, reason, message)}


def _component(component: Component) -> Verdict:
    if component.verdict:
        return component.verdict
    if not component.exists:
        return Verdict(False, reasons.NOT_CREATED, f"the {component.which}'s Deployment is not there yet")
    if component.settled and not component.wanted:
        return Verdict(True, reasons.SCALED_TO_ZERO, "replicas is 0: no pod is wanted")
    if component.settled:
        return Verdict(True, reasons.AVAILABLE, f"{component.ready} of {component.wanted} pods are ready")
    if component.complaint:
        return component.complaint
    awaited = "the others" if component.ready < component.wanted else "what an older revision has left to end"
    message = f"{component.ready} of {component.wanted} pods are ready; waiting for {awaited}"
    return Verdict(False, reasons.PROGRESSING, message)
