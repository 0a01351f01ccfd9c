# Shared by the scripts that run the Flink consumer against a real Kafka. To be sourced.
# shellcheck shell=bash
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tools/kafka.sh
source "$REPO/tools/kafka.sh"
KAFKA_PORT=39092
KAFKA_CONTAINER=tracedpipeline-flink-kafka
FLINK_VENV=$CACHE/flink-venv
FLINK_CONNECTOR_JAR=$CACHE/flink/flink-sql-connector-kafka-$FLINK_CONNECTOR_VERSION.jar
mkdir -p "$CACHE/flink"
export KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:$KAFKA_PORT FLINK_CONNECTOR_JAR

make_environment() {
  UV_PROJECT_ENVIRONMENT=$FLINK_VENV "$REPO/tools/uv.sh" sync --frozen --directory apps/flink-consumer
  "$FLINK_VENV/bin/python" "$REPO/apps/flink-consumer/connector.py" \
    "$FLINK_CONNECTOR_VERSION" "$FLINK_CONNECTOR_CHECKSUM" "$CACHE/flink"
}

# benchmarks/kafka.properties, at ports of its own.
start_kafka() {
  local properties=$CACHE/flink/kafka.properties
  sed 's/1909\([23]\)/3909\1/g' "$REPO/benchmarks/kafka.properties" >"$properties"
  run_kafka "$KAFKA_CONTAINER" "$properties" "$KAFKA_PORT"
}

remove_kafka() { docker rm --force "$KAFKA_CONTAINER" >/dev/null 2>&1 || true; }

with_kafka() {
  "$REPO/tools/engine.sh"
  "$REPO/standins/ensure.sh" "$KAFKA_IMAGE"
  step "Making Flink's virtual environment" make_environment
  remove_kafka
  trap remove_kafka EXIT
  step "Starting Kafka" start_kafka
}
