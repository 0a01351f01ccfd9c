"""The TracedPipeline resource as frozen types: the one source of its CRD, its defaults and its limits."""

from tracedpipeline.api.amounts import ResourceList, Resources
from tracedpipeline.api.consumer import ConsumerSpec
from tracedpipeline.api.environment import EnvironmentVariable
from tracedpipeline.api.flink import CheckpointStorage, FlinkProcess, FlinkSpec
from tracedpipeline.api.kafka import KafkaSpec, Security, TopicSpec
from tracedpipeline.api.resource import NAME_LIMIT, NAME_RULES, PIPELINE_RULES, Spec, TracedPipeline
from tracedpipeline.api.spec_errors import InvalidSpecError
from tracedpipeline.api.strimzi import ClusterStorage, KafkaCluster
from tracedpipeline.api.workloads import (
    CollectorSpec,
    JaegerSpec,
    ProducerSpec,
    TracingSpec,
    Workload,
)

GROUP = "tracedpipeline.dev"
VERSION = "v1alpha1"
KIND = "TracedPipeline"
PLURAL = "tracedpipelines"
SHORT_NAME = "tp"
API_VERSION = f"{GROUP}/{VERSION}"

__all__ = [
    "API_VERSION",
    "GROUP",
    "KIND",
    "NAME_LIMIT",
    "NAME_RULES",
    "PIPELINE_RULES",
    "PLURAL",
    "SHORT_NAME",
    "VERSION",
    "CheckpointStorage",
    "ClusterStorage",
    "CollectorSpec",
    "ConsumerSpec",
    "EnvironmentVariable",
    "FlinkProcess",
    "FlinkSpec",
    "InvalidSpecError",
    "JaegerSpec",
    "KafkaCluster",
    "KafkaSpec",
    "ProducerSpec",
    "ResourceList",
    "Resources",
    "Security",
    "Spec",
    "TopicSpec",
    "TracedPipeline",
    "TracingSpec",
    "Workload",
]
