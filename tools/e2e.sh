#!/usr/bin/env bash
# The stories on the kind cluster. First those that mostly wait, each folder in a process of its own, and the Flink job on a
# MiniCluster beside them; then, one after the other, those marked `alone`. All run, whatever fails. STRIMZI: see kind-up.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
FLINK_LOG=$CACHE/log/test-flink.log
PYTEST=$REPO/.venv/bin/pytest
failed=0

flink_job() {
  timed "the Flink job on a MiniCluster, beside them" "$REPO/tools/test-flink.sh" >"$FLINK_LOG" 2>&1
}

# Its output in one piece: all of it where it failed, else how it ended.
tell_of_flink_job() {
  if wait "$1"; then tail -n 1 "$FLINK_LOG"; else
    cat "$FLINK_LOG"
    return 1
  fi
}

cd "$REPO"
mkdir -p "$CACHE/log"
set -m # a process group, which can be ended as a whole
flink_job &
job=$!
set +m
trap 'kill -- "-$job" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
timed "stories that mostly wait" "$PYTEST" --durations=25 tests/integration/jaeger tests/integration/local tests/chart tests/e2e -m "not alone" -n 3 || failed=1
tell_of_flink_job "$job" || failed=1
timed "stories alone" "$PYTEST" --durations=25 tests/e2e -m alone || failed=1
exit "$failed"
