#!/usr/bin/env bash
# The Flink consumer's job on a local MiniCluster with a real Kafka; arguments go to pytest.
# shellcheck source=tools/flink-kafka.sh
source "$(dirname "$0")/flink-kafka.sh"

with_kafka
"$REPO/.venv/bin/pytest" "$REPO/tests/integration/find" "$REPO/tests/integration/consumer"
"$FLINK_VENV/bin/python" -m pytest -c "$REPO/apps/flink-consumer/pyproject.toml" --rootdir "$REPO" \
  "$REPO/tests/integration/flink" "$@"
