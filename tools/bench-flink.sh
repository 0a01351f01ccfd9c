#!/usr/bin/env bash
# What tracing costs the Flink consumer, how late it is, what a killed TaskManager loses; in containers of this machine.
# shellcheck source=tools/flink-kafka.sh
source "$(dirname "$0")/flink-kafka.sh"
COLLECTOR_CONTAINER=tracedpipeline-flink-collector
OTLP_PORT=34318 METRICS_PORT=38888

# benchmarks/collector.yaml, at ports of its own.
start_collector() {
  local configuration=$CACHE/flink/collector.yaml
  sed "s/14318/$OTLP_PORT/; s/18888/$METRICS_PORT/" "$REPO/benchmarks/collector.yaml" >"$configuration"
  docker run --detach --name "$COLLECTOR_CONTAINER" --network host \
    --volume "$configuration:/etc/otelcol-contrib/config.yaml:ro" "$COLLECTOR_IMAGE" \
    --config /etc/otelcol-contrib/config.yaml
  wait_for 30 Collector curl --silent --fail "http://127.0.0.1:$METRICS_PORT/metrics"
}

remove_containers() {
  local ours
  ours=$(docker ps --all --quiet --filter name=tracedpipeline-bench-flink)
  # shellcheck disable=SC2086 # one word for each container
  docker rm --force "$KAFKA_CONTAINER" "$COLLECTOR_CONTAINER" $ours >/dev/null 2>&1 || true
}

"$REPO/tools/flink-image.sh"
"$REPO/standins/ensure.sh" "$KAFKA_IMAGE" "$COLLECTOR_IMAGE"
remove_containers
trap remove_containers EXIT
step "Starting Kafka" start_kafka
step "Starting the Collector" start_collector
"$REPO/.venv/bin/python" -m benchmarks.flink "${@:-all}" --bootstrap-servers "$KAFKA_BOOTSTRAP_SERVERS" \
  --image "$FLINK_CONSUMER_IMAGE" --collector "http://127.0.0.1:$OTLP_PORT"
