"""What is written while a Flink job ends: nothing of it."""

from typing import Any

from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.apply import Applier
from tracedpipeline.decide import decide
from tracedpipeline.flink.jobs import STOPPING
from tracedpipeline.kafka import plan
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.settings import Settings
from tracedpipeline.state import Applied, State
from tracedpipeline.verdict import Verdict

from tests.unit.operator.apiserver import ApiServer, server
from tests.unit.operator.conftest import body

__all__ = ["server"]

TOPIC_READY = Verdict(True, reasons.TOPIC_READY, "fine")


class Fakes:
    """A Kafka that is as it should be, and Flink jobs that are, or end before they are changed."""

    def __init__(self, pending: Verdict | None) -> None:
        self.pending = pending

    async def verdict(self, *_: Any) -> Verdict:
        return TOPIC_READY

    def cluster_id(self, _: Any) -> None:
        return None

    async def prepare_upgrade(self, *_: Any) -> Verdict | None:
        return self.pending


async def applied(cluster: Cluster, settings: Settings, pending: Verdict | None) -> Applied:
    pipeline = TracedPipeline.parse(body(consumer={"engine": "Flink"}))
    state, fakes = State({}, plan.access(pipeline)), Fakes(pending)
    applier = Applier(cluster, fakes, fakes)  # type: ignore[arg-type]  # all of them that it uses
    return await applier.apply(pipeline, state, decide(pipeline, state, settings))


def deployments(answers: ApiServer) -> set[str]:
    folder = "/apis/apps/v1/namespaces/shop/deployments/orders-"
    return {path.removeprefix(folder) for path in answers.sent("PATCH") if path.startswith(folder)}


async def test_a_pending_upgrade_protects_the_job_and_nothing_else(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    assert await applied(cluster, settings, STOPPING) == Applied(TOPIC_READY, STOPPING)
    assert deployments(answers) == {naming.PRODUCER, naming.COLLECTOR, naming.JAEGER}


async def test_without_one_the_job_is_written(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    assert await applied(cluster, settings, None) == Applied(TOPIC_READY)
    assert deployments(answers) > {naming.JOB_MANAGER, naming.TASK_MANAGER}
