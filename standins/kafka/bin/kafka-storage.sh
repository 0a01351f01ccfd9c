#!/bin/sh
# Formats a log directory.
# shellcheck disable=SC2086 # the options are words
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} -cp "/opt/kafka/libs/*" kafka.tools.StorageTool "$@"
