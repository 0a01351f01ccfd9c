#!/bin/sh
# Lists, creates and describes topics.
# shellcheck disable=SC2086 # the options are words
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} -cp "/opt/kafka/libs/*" org.apache.kafka.tools.TopicCommand "$@"
