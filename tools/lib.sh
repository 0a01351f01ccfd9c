# Shared by the scripts of tools/ and standins/: where things are, versions, progress. To be sourced.
# shellcheck shell=bash
set -euo pipefail

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=$REPO/.cache
export REPO CACHE
export PATH=$CACHE/bin:$PATH
export KUBECONFIG=$CACHE/kubeconfig
mkdir -p "$CACHE/bin"

# versions.mk is `NAME := value` lines, which bash reads as well as make does.
while read -r name _ value; do
  export "$name=$value" # not by declare -g, which bash 3.2 of a Mac has not
done < <(grep -E '^[A-Z_]+ := ' "$REPO/versions.mk")
export KIND_NODE=$KIND_CLUSTER-control-plane

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# step WHAT COMMAND...: runs the command, its output in a log that is shown when it fails; prints what and how long.
# It runs in the background because bash ignores `set -e` in whatever runs as the condition of an `if`.
step() {
  local what=$1 log=$CACHE/log begun=$SECONDS failed=0
  shift
  mkdir -p "$log"
  log=$log/$(tr -c 'A-Za-z0-9.\n' '-' <<<"$what").log
  say "· $what"
  (
    set -e
    "$@"
  ) >"$log" 2>&1 &
  wait $! || failed=1
  if ((failed)); then
    tail -n 40 "$log" >&2
    die "$what failed after $((SECONDS - begun)) s; the whole log is $log"
  fi
  say "  done in $((SECONDS - begun)) s: $what"
  note_time "$begun" "  $what"
}

# timed WHAT COMMAND...: runs the command and notes how long it took, if the file TIMES is for that.
timed() {
  local what=$1 begun=$SECONDS result=0
  shift
  "$@" || result=$?
  note_time "$begun" "$what"
  return "$result"
}

note_time() { [ -z "${TIMES:-}" ] || printf '%7d  %s\n' "$((SECONDS - $1))" "$2" >>"$TIMES"; }

# at_once COMMAND...: runs functions or scripts at the same time; the first that fails ends the others.
at_once() {
  local command
  LANES=()
  set -m # each is a process group, which can be ended as a whole
  for command; do
    (
      set -e
      "$command"
    ) &
    LANES+=($!)
  done
  set +m
  trap end_lanes EXIT
  trap 'exit 130' INT TERM
  for command; do
    wait -n || exit 1
  done
  trap - EXIT INT TERM
}

end_lanes() {
  local lane
  for lane in "${LANES[@]}"; do
    kill -- "-$lane" 2>/dev/null || true
  done
}

# once NAME COMMAND...: runs the command; whoever comes with the same name meanwhile waits.
once() {
  local lock
  mkdir -p "$CACHE/locks"
  exec {lock}>"$CACHE/locks/$1"
  flock "$lock"
  "${@:2}"
  exec {lock}>&-
}

# wait_for SECONDS WHAT COMMAND...: asks every second until the command succeeds.
wait_for() {
  local limit=$1 what=$2 begun=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS - begun >= limit)); then
      say "$what: not after $limit s"
      return 1
    fi
    sleep 1
  done
}
