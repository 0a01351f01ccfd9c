"""What is to be applied, and what stays as it is."""

from typing import Any

import pytest
from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.decide import decide
from tracedpipeline.desired import in_use
from tracedpipeline.kafka import plan
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.kafka.strimzi.metadata import kept, owned
from tracedpipeline.settings import Settings
from tracedpipeline.state import Live, State

from tests.unit.operator.conftest import body


@pytest.fixture
def live(pipeline: TracedPipeline, settings: Settings) -> Live:
    topic = {"kind": "KafkaTopic", "metadata": kept(pipeline, "traced-topic")}
    user = {"kind": "KafkaUser", "metadata": owned(pipeline, "orders-producer", {})}
    wanted = [*desired.build(pipeline, plan.access(pipeline), settings), topic, user]
    return {(o["kind"], o["metadata"]["name"]): o for o in wanted}


def test_while_the_access_to_kafka_is_unknown_clients_users_and_topics_stay(
    pipeline: TracedPipeline, settings: Settings, live: Live
) -> None:
    topic = live["KafkaTopic", "traced-topic"]
    decided = decide(pipeline, State(live, Access(None, (topic,))), settings)
    assert topic in decided.objects
    assert {name for _, name in decided.protected} == {"orders-producer", "orders-consumer"}
    assert {kind for kind, _ in decided.protected} == {"Deployment", "ServiceAccount", "KafkaUser"}


def test_where_it_is_known_nothing_is_protected(pipeline: TracedPipeline, settings: Settings, live: Live) -> None:
    assert not decide(pipeline, State(live, plan.access(pipeline)), settings).protected


def test_what_keeps_objects_in_use_is_among_them(pipeline: TracedPipeline, settings: Settings) -> None:
    holding = in_use.config_map(pipeline, [])
    state = State({}, plan.access(pipeline), in_use=in_use.InUse(holding, None))
    assert decide(pipeline, state, settings).objects[0] is holding


def decided_for_flink(settings: Settings, state: dict[str, Any]) -> dict[tuple[str, str], Any]:
    pipeline = TracedPipeline.parse(body(consumer={"engine": "Flink"}))
    objects = decide(pipeline, State({}, plan.access(pipeline), **state), settings).objects
    return {(o["kind"], o["metadata"]["name"]): o for o in objects}


@pytest.mark.parametrize(("its_operator", "kind"), [(True, "FlinkDeployment"), (False, "Deployment")])
def test_where_flinks_operator_runs_the_job_it_gets_the_job(settings: Settings, its_operator: bool, kind: str) -> None:
    made = decided_for_flink(settings, {"flink_operator": its_operator})
    jobs = {found for found, name in made if found == "FlinkDeployment" or name == "orders-jobmanager"}
    assert kind in jobs
    assert ("FlinkDeployment" in jobs) is its_operator


def test_another_key_replaces_flinks_processes(settings: Settings) -> None:
    one, other = (decided_for_flink(settings, {"flink_key": key}) for key in ("one", "other"))
    changed = {name for kind, name in one if one[kind, name] != other[kind, name]}
    assert changed == {"orders-jobmanager", "orders-taskmanager"}
