# A Kafka broker of this machine's own, in a container. To be sourced after lib.sh.
# shellcheck shell=bash

# run_kafka CONTAINER PROPERTIES PORT: returns when it answers at 127.0.0.1.
run_kafka() {
  docker run --detach --name "$1" --network host --env "KAFKA_HEAP_OPTS=-Xms256m -Xmx512m" --env LOG_DIR=/tmp \
    --volume "$2:/etc/kafka/server.properties:ro" --entrypoint /bin/sh "$KAFKA_IMAGE" -ec '
      /opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id 4L6g3nShT-eMCtK--X86sw \
        --config /etc/kafka/server.properties
      exec /opt/kafka/bin/kafka-server-start.sh /etc/kafka/server.properties'
  # Each question of Kafka's own tool is a JVM, which would take the processors from the broker that it waits for.
  wait_for 240 "Kafka's port $3" listens "$3"
  wait_for 60 Kafka kafka_topics "$1" "$3" --list
}

listens() { : <"/dev/tcp/127.0.0.1/$1"; }

# kafka_topics CONTAINER PORT ARGUMENT...
kafka_topics() {
  docker exec "$1" /opt/kafka/bin/kafka-topics.sh --bootstrap-server "127.0.0.1:$2" "${@:3}"
}
