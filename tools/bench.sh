#!/usr/bin/env bash
# What tracing costs, side by side, on a real Kafka and a real Collector in containers of this machine.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tools/kafka.sh
source "$REPO/tools/kafka.sh"
KAFKA_PORT=19092 OTLP_PORT=14318 METRICS_PORT=18888
CONTAINERS=(tracedpipeline-bench-kafka tracedpipeline-bench-collector)

remove_containers() { docker rm --force "${CONTAINERS[@]}" >/dev/null 2>&1 || true; }

start_kafka() { run_kafka "${CONTAINERS[0]}" "$REPO/benchmarks/kafka.properties" "$KAFKA_PORT"; }

make_topics() {
  local topic
  for topic in bench bench-read; do
    kafka_topics "${CONTAINERS[0]}" "$KAFKA_PORT" --create --topic "$topic" --partitions 2 \
      --config message.timestamp.type=LogAppendTime
  done
}

start_collector() {
  docker run --detach --name "${CONTAINERS[1]}" --network host \
    --volume "$REPO/benchmarks/collector.yaml:/etc/otelcol-contrib/config.yaml:ro" "$COLLECTOR_IMAGE" \
    --config /etc/otelcol-contrib/config.yaml
  wait_for 30 Collector curl --silent --fail "http://127.0.0.1:$METRICS_PORT/metrics"
}

"$REPO/tools/engine.sh"
"$REPO/standins/ensure.sh" "$KAFKA_IMAGE" "$COLLECTOR_IMAGE"
remove_containers
trap remove_containers EXIT
step "Starting Kafka" start_kafka
step "Making topics" make_topics
step "Starting the Collector" start_collector
"$REPO/.venv/bin/python" -m benchmarks.kafkatrace "${@:-all}" --bootstrap-servers "127.0.0.1:$KAFKA_PORT" \
  --collector "http://127.0.0.1:$OTLP_PORT" --collector-metrics "http://127.0.0.1:$METRICS_PORT/metrics"
