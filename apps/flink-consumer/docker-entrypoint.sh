#!/bin/sh
# A role of ours (jobmanager, taskmanager), or any other command: the Flink Kubernetes Operator brings its own.
case ${1:-} in
  jobmanager | taskmanager) exec /opt/venv/bin/python -m traced_flink_consumer.cluster "$1" ;;
  standalone-job) shift && exec /opt/flink/bin/standalone-job.sh start-foreground "$@" ;;
  *) exec "$@" ;;
esac
