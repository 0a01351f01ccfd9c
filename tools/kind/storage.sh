#!/usr/bin/env bash
# Makes sure that the cluster can make volumes, which a Flink job's checkpoints need.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../lib.sh"

# kind's own node image makes volumes; the stand-in's default class names no provisioner.
makes_volumes() {
  kubectl get storageclass --output 'jsonpath={range .items[*]}{.provisioner}{"\n"}{end}' |
    grep -qvx kubernetes.io/no-provisioner
}

install() {
  kubectl delete storageclass standard --ignore-not-found
  sed "s#LOCAL_PATH_IMAGE#$LOCAL_PATH_IMAGE#" "$REPO/tools/local-path.yaml" | kubectl apply --server-side -f -
  kubectl --namespace local-path-storage rollout status deployment/local-path-provisioner --timeout 180s
}

makes_volumes && exit 0
"$REPO/standins/ensure.sh" "$LOCAL_PATH_IMAGE"
"$REPO/tools/kind/load.sh" "$LOCAL_PATH_IMAGE"
step "Installing a provisioner of volumes" install
