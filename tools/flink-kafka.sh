# Shared by the scripts that run the Flink consumer against a real Kafka. To be sourced.
# shellcheck shell=bash
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
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
  docker run --detach --name "$KAFKA_CONTAINER" --network host --env "KAFKA_HEAP_OPTS=-Xms256m -Xmx512m" \
    --env LOG_DIR=/tmp --volume "$properties:/etc/kafka/server.properties:ro" --entrypoint /bin/sh "$KAFKA_IMAGE" -ec '
      /opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id 4L6g3nShT-eMCtK--X86sw \
        --config /etc/kafka/server.properties
      exec /opt/kafka/bin/kafka-server-start.sh /etc/kafka/server.properties'
  wait_for 60 Kafka docker exec "$KAFKA_CONTAINER" /opt/kafka/bin/kafka-topics.sh \
    --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" --list
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
