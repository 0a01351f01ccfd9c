# Every version and image from outside, and the names of our own images. Python packages: uv.lock.
KUBERNETES_VERSION := v1.34.4
KIND_VERSION := v0.33.0
HELM_VERSION := v3.19.0
STRIMZI_VERSION := 1.2.0
UV_VERSION := 0.13.9
GO_VERSION := 1.26.6
FLINK_VERSION := 2.2.1
FLINK_CONNECTOR_VERSION := 5.0.0-2.2
FLINK_CONNECTOR_CHECKSUM := 5605c691d11a501382c383fecba37a7a552467da5ab7ba904ef5d6f3d62c5616

NODE_IMAGE := kindest/node:v1.34.4
DEBIAN_IMAGE := debian:trixie-slim
PYTHON_IMAGE := python:3.13-slim-trixie
FLINK_BASE_IMAGE := python:3.11-slim-bookworm
KAFKA_IMAGE := apache/kafka:4.3.0
JAEGER_IMAGE := jaegertracing/jaeger:2.13.0
STRIMZI_IMAGE := quay.io/strimzi/operator:1.2.0
STRIMZI_KAFKA_IMAGE := quay.io/strimzi/kafka:1.2.0-kafka-4.3.1
STRIMZI_CHART := oci://quay.io/strimzi-helm/strimzi-kafka-operator
LOCAL_PATH_IMAGE := rancher/local-path-provisioner:v0.0.30
COLLECTOR_IMAGE := otel/opentelemetry-collector-contrib:0.155.0

OPERATOR_IMAGE := tracedpipeline/operator:dev
PRODUCER_IMAGE := tracedpipeline/producer:dev
CONSUMER_IMAGE := tracedpipeline/consumer:dev
FLINK_CONSUMER_IMAGE := tracedpipeline/flink-consumer:dev

KIND_CLUSTER := tracedpipeline
