"""Which objects a pipeline is made of. Pure: the same pipeline gives the same objects."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import (
    checkpoints,
    collector,
    consumer,
    flink_deployment,
    flink_policy,
    jaeger,
    jobmanager,
    producer,
    taskmanager,
)
from tracedpipeline.desired.in_use import InUse, needed
from tracedpipeline.kafka.connection import Clients, KafkaConnection
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.settings import Settings

Object = dict[str, Any]


def build(
    pipeline: TracedPipeline,
    access: Access,
    settings: Settings,
    *,
    in_use: InUse | None = None,
    flink_operator: bool = False,
    flink_key: str = "",
) -> list[Object]:
    """Return all objects of the pipeline, in the order in which they are applied; what is missing here is pruned.

    `access` has what is written for Strimzi, and how Kafka is reached: without clients while that is not known.
    `in_use` keeps what clients need there until they have drained; None where nothing is known of the cluster.
    `flink_operator` tells whether Flink clusters are to be left to the Flink Kubernetes Operator,
    `flink_key` identifies the key that Flink's processes share: for another one they are all replaced.
    """
    own = [*access.objects, *_components(pipeline, access.clients, settings, flink_operator, flink_key)]
    return own if in_use is None else [in_use.wanted, *needed(own, in_use.live)]


def _components(
    pipeline: TracedPipeline, clients: Clients, settings: Settings, flink_operator: bool, flink_key: str
) -> list[Object]:
    return [
        objects.service_account(pipeline, naming.JAEGER),
        jaeger.config_map(pipeline),
        jaeger.service(pipeline),
        jaeger.deployment(pipeline, settings),
        objects.service_account(pipeline, naming.COLLECTOR),
        collector.config_map(pipeline),
        collector.service(pipeline),
        collector.deployment(pipeline, settings),
        *(_clients(pipeline, clients, settings, flink_operator, flink_key) if clients else ()),
    ]


def _clients(
    pipeline: TracedPipeline, clients: Clients, settings: Settings, flink_operator: bool, flink_key: str
) -> list[Object]:
    return [
        *_consumer(pipeline, clients[naming.CONSUMER], settings, flink_operator, flink_key),
        objects.service_account(pipeline, naming.PRODUCER),
        producer.deployment(pipeline, clients[naming.PRODUCER], settings),
    ]


def _consumer(
    pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings, flink_operator: bool, flink_key: str
) -> list[Object]:
    account = objects.service_account(pipeline, naming.CONSUMER)
    if pipeline.spec.consumer.by_flink is None:
        return [account, consumer.deployment(pipeline, kafka, settings)]
    claim = checkpoints.claim(pipeline)
    policy = flink_policy.network_policy(pipeline, settings, flink_operator=flink_operator)
    common = [account, policy, claim] if claim else [account, policy]
    if flink_operator:
        return [
            *common,
            flink_deployment.role_binding(pipeline, settings),
            flink_deployment.flink_deployment(pipeline, kafka, settings, flink_key),
        ]
    return [
        *common,
        jobmanager.service(pipeline),
        # The JobManager starts the changed job, so it comes last: a TaskManager that is not yet as it should be would
        # end that one, too, where the operator was restarted in between.
        taskmanager.deployment(pipeline, kafka, settings, flink_key),
        jobmanager.deployment(pipeline, kafka, settings, flink_key),
    ]
