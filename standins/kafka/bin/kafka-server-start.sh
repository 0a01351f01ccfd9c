#!/bin/sh
# Runs the broker with the given server.properties.
# shellcheck disable=SC2086 # the options are words
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} -cp "/opt/kafka/libs/*" kafka.Kafka "$@"
