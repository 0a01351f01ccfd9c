from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import connection
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.strimzi import access_resources

from tests.unit.operator.conftest import body
from tests.unit.operator.kafka.test_admin import broker

__all__ = ["broker"]


async def test_a_topic_is_the_same_whether_we_create_it_or_strimzi_does(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[NewTopic] = []

    class Recording(AdminClient):
        def create_topics(self, new_topics: list[NewTopic], **_: Any) -> dict[str, Future[None]]:  # type: ignore[override]  # all that is used
            created.extend(new_topics)
            return {}

    monkeypatch.setattr("tracedpipeline.kafka.admin.AdminClient", Recording)
    wanted = {"name": "absent", "partitions": 3, "retention": "36h"}
    pipeline = TracedPipeline.parse(body(kafka={"bootstrapServers": broker, "topic": wanted}))
    await Topics().ensure("key", connection.from_spec(pipeline.spec), {}, pipeline.spec)
    cluster = TracedPipeline.parse(body(kafka={"cluster": {"name": "demo"}, "topic": wanted}))
    assert cluster.spec.kafka.cluster
    resource = access_resources.topic(cluster, cluster.spec.kafka.cluster, "absent")
    assert [topic.topic for topic in created] == list(pipeline.spec.topics)
    for topic in created:
        assert topic.config == {key: str(value) for key, value in resource["spec"]["config"].items()}
        assert topic.num_partitions == resource["spec"]["partitions"] == 3
    assert resource["spec"]["config"]["retention.ms"] == 129_600_000
