#!/usr/bin/env bash
# Deletes the cluster, and ends the container engine if we had started it.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

if docker info >/dev/null 2>&1; then
  kind delete cluster --name "$KIND_CLUSTER" --kubeconfig "$KUBECONFIG"
fi
"$REPO/tools/engine-stop.sh"
