#!/usr/bin/env bash
# A kind cluster with Kafka and the operator, and with FLINK=1 what pipelines with engine Flink need as well.
# A second run reuses the cluster and whatever is up to date in it.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
OUTSIDE_IMAGES=("$KAFKA_IMAGE" "$JAEGER_IMAGE" "$COLLECTOR_IMAGE")
OWN_IMAGES=("$OPERATOR_IMAGE" "$PRODUCER_IMAGE" "$CONSUMER_IMAGE")
FLINK=${FLINK:-}
[ -z "$FLINK" ] || OWN_IMAGES+=("$FLINK_CONSUMER_IMAGE")

images() {
  "$REPO/standins/ensure.sh" "$KAFKA_IMAGE"
  "$REPO/tools/kind/own-images.sh"
  [ -z "$FLINK" ] || "$REPO/tools/flink-image.sh"
  "$REPO/standins/ensure.sh" "${OUTSIDE_IMAGES[@]}"
}

"$REPO/tools/engine.sh"
at_once "$REPO/tools/kind/cluster.sh" images
"$REPO/tools/kind/load.sh" "${OUTSIDE_IMAGES[@]}" "${OWN_IMAGES[@]}"
[ -z "$FLINK" ] || "$REPO/tools/kind/storage.sh"
"$REPO/tools/kind/strimzi.sh"
at_once "$REPO/tools/kind/kafka.sh" "$REPO/tools/kind/operator.sh"
say "The cluster is up: export KUBECONFIG=$KUBECONFIG"
[ -n "$FLINK" ] || say "For pipelines with engine Flink: make kind-up FLINK=1"
