"""From what there is of a pipeline to what there should be. Pure."""

from collections.abc import Iterable

from tracedpipeline import desired, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.settings import Settings
from tracedpipeline.state import Live, Object, Plan, State


def decide(pipeline: TracedPipeline, state: State, settings: Settings) -> Plan:
    """Return what is to be applied, and what stays as it is."""
    objects = desired.build(
        pipeline,
        state.access,
        settings,
        in_use=state.in_use,
        flink_operator=state.flink_operator,
        flink_key=state.flink_key,
    )
    if state.access.clients:
        return Plan(objects)
    return Plan(objects, _protected_without_access(state.live, objects))


def _protected_without_access(live: Live, objects: Iterable[Object]) -> frozenset[tuple[str, str]]:
    """Return kind and name of what stays as it is while the access to Kafka is unknown: clients, users and topics.

    What is desired all the same does not count.
    """
    parts = {*naming.KAFKA_CLIENTS, naming.JOB_MANAGER, naming.TASK_MANAGER, naming.KAFKA}
    found = {key for key, o in live.items() if o["metadata"]["labels"].get(naming.NAME) in parts}
    return frozenset(found - {(o["kind"], o["metadata"]["name"]) for o in objects})
