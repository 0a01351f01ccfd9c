from typing import Any

import pytest
from tracedpipeline import desired, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.flink import upgrade
from tracedpipeline.kafka import plan
from tracedpipeline.kubernetes_api.drift import with_applied_hash
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body


def objects(settings: Settings, **consumer: Any) -> list[dict[str, Any]]:
    pipeline = TracedPipeline.parse(body(consumer={"engine": "Flink", **consumer}))
    return desired.build(pipeline, plan.access(pipeline), settings)


def live(wanted: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(o["kind"], o["metadata"]["name"]): with_applied_hash(o) for o in wanted}


def test_what_was_applied_is_no_change(settings: Settings) -> None:
    wanted = objects(settings)
    assert upgrade.change_id("orders", wanted, live(wanted)) is None


@pytest.mark.parametrize(
    "consumer",
    [{"replicas": 2}, {"image": "mine:2"}, {"processingTime": "1ms"}, {"flink": {"taskManager": {"memory": "2Gi"}}}],
    ids=["parallelism", "image", "configuration", "memory"],
)
def test_what_the_job_has_to_end_for(settings: Settings, consumer: dict[str, Any]) -> None:
    there = live(objects(settings))
    changed = upgrade.change_id("orders", objects(settings, **consumer), there)
    assert changed
    assert changed == upgrade.change_id("orders", objects(settings, **consumer), there), "asked again, it is the same"
    assert changed != upgrade.change_id("orders", objects(settings, groupId="another"), there)


@pytest.mark.parametrize("component", [naming.JOB_MANAGER, naming.TASK_MANAGER])
def test_a_change_of_one_of_the_two_is_enough(settings: Settings, component: str) -> None:
    wanted = objects(settings)
    there = live(wanted)
    key = ("Deployment", naming.component("orders", component))
    there[key]["metadata"]["annotations"][naming.APPLIED_HASH] = "another"
    assert upgrade.change_id("orders", wanted, there)


def test_a_change_of_anything_else_leaves_the_job_alone(settings: Settings) -> None:
    pipeline = TracedPipeline.parse(body(consumer={"engine": "Flink"}, producer={"ratePerSecond": 11}))
    wanted = desired.build(pipeline, plan.access(pipeline), settings)
    assert upgrade.change_id("orders", wanted, live(objects(settings))) is None


def test_another_engine_is_a_change(settings: Settings) -> None:
    pipeline = TracedPipeline.parse(body())
    plain = desired.build(pipeline, plan.access(pipeline), settings)
    assert upgrade.change_id("orders", plain, live(objects(settings)))


def test_what_was_never_applied_is_a_change(settings: Settings) -> None:
    wanted = objects(settings)
    bare = {(o["kind"], o["metadata"]["name"]): {"kind": o["kind"], "metadata": {"name": "x"}} for o in wanted}
    assert upgrade.change_id("orders", wanted, bare)
    assert upgrade.change_id("orders", [], bare) is None, "neither was applied, and neither is wanted"


def test_only_what_runs_the_job_is_compared_in_whatever_order(settings: Settings) -> None:
    wanted = objects(settings)
    assert upgrade.change_id("orders", wanted[::-1], live(wanted)) is None
    assert upgrade.change_id("orders", [], {}) is None


def test_what_runs_the_job_stays_as_it_is_while_the_job_ends() -> None:
    assert upgrade.job_manager("orders") == ("Deployment", "orders-jobmanager")
    assert upgrade.protected_while_pending("orders") == {
        ("Deployment", "orders-jobmanager"),
        ("Deployment", "orders-taskmanager"),
        ("Deployment", "orders-consumer"),
    }


def test_another_version_of_the_operator_asks_for_the_same_savepoint() -> None:
    assert upgrade.savepoint_trigger_id("job", "change") == "82f1ddb31c18974435ca6e5d4d365656"


def test_a_trigger_is_flinks_kind_of_id_and_of_one_job_and_change() -> None:
    assert len(bytes.fromhex(upgrade.savepoint_trigger_id("job", "change"))) == 16
    assert len({upgrade.savepoint_trigger_id(job, change) for job in "ab" for change in "cd"}) == 4
