#!/usr/bin/env bash
# Installs Kafka in the cluster: a single node in namespace kafka.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../lib.sh"

install() {
  sed "s#KAFKA_IMAGE#$KAFKA_IMAGE#" "$REPO/tools/kafka.yaml" | kubectl apply --server-side -f -
  kubectl --namespace kafka rollout status deployment/kafka --timeout 180s
}

say "· Kafka: a single node in namespace kafka (bootstrap servers kafka.kafka.svc:9092)"
step "Installing Kafka" install
