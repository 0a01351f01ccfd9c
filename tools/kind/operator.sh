#!/usr/bin/env bash
# Installs the operator's chart in the cluster.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../lib.sh"

# The tag is always the same, so the image's identity is what rolls the operator.
install() {
  helm upgrade --install tracedpipeline-operator "$REPO/charts/tracedpipeline-operator" \
    --namespace tracedpipeline-system --create-namespace --wait --timeout 240s \
    --set "image.repository=${OPERATOR_IMAGE%:*},image.tag=${OPERATOR_IMAGE#*:}" \
    --set "images.producer=$PRODUCER_IMAGE,images.consumer=$CONSUMER_IMAGE" \
    --set "images.flinkConsumer=$FLINK_CONSUMER_IMAGE" \
    --set "images.collector=$COLLECTOR_IMAGE,images.jaeger=$JAEGER_IMAGE" \
    --set-string "podAnnotations.image=$(docker image inspect --format '{{.Id}}' "$OPERATOR_IMAGE")"
}

step "Installing the operator" install
