#!/usr/bin/env bash
# load.sh IMAGE...: brings the engine's images to the cluster's node, those that it does not have yet.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../lib.sh"
GIVEN=/kind/given # kind skips what the node has, but takes its time to find out; so the node keeps a list

identity() { docker image inspect --format "$1 {{.Id}}" "$1"; }

load() {
  kind load docker-image --name "$KIND_CLUSTER" "$@"
  {
    grep -vE "^($(IFS='|' && echo "$*")) " <<<"$given" || true
    for image; do identity "$image"; done
  } | docker exec --interactive "$KIND_NODE" tee "$GIVEN"
}

given=$(docker exec "$KIND_NODE" cat "$GIVEN" 2>/dev/null || true)
wanted=()
for image; do
  grep -qxF "$(identity "$image")" <<<"$given" || wanted+=("$image")
done
((!${#wanted[@]})) || step "Loading images into the cluster" load "${wanted[@]}"
