#!/usr/bin/env bash
# Makes sure of the kind cluster: reuses the one that is there, unless it was made from something else.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../lib.sh"

# What the cluster was made from; a cluster made from anything else is replaced.
cluster_inputs() {
  {
    cat "$REPO/kind-config.yaml"
    docker image inspect --format '{{.Id}}' "$NODE_IMAGE"
  } | sha256sum | cut -c1-16
}

cluster_is_good() {
  [ "$(docker exec "$KIND_NODE" cat /kind/made-from 2>/dev/null)" = "$(cluster_inputs)" ] || return 1
  kind export kubeconfig --name "$KIND_CLUSTER" --kubeconfig "$KUBECONFIG" >/dev/null 2>&1
  wait_for 30 "API server" kubectl get --raw /readyz
}

create_cluster() {
  kind delete cluster --name "$KIND_CLUSTER" --kubeconfig "$KUBECONFIG"
  kind create cluster --name "$KIND_CLUSTER" --image "$NODE_IMAGE" --config "$REPO/kind-config.yaml" \
    --kubeconfig "$KUBECONFIG" --wait 180s
  cluster_inputs | docker exec --interactive "$KIND_NODE" tee /kind/made-from
}

"$REPO/tools/binaries.sh"
"$REPO/standins/ensure.sh" "$NODE_IMAGE"
cluster_is_good || step "Creating the kind cluster $KIND_CLUSTER" create_cluster
