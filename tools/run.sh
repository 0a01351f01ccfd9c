#!/usr/bin/env bash
# The operator from this checkout against the kind cluster, in place of the deployed one, until it is ended (Ctrl-C).
# It runs in the deployed operator's image, for the packages, and in the node's network, where Services have addresses.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
NODE=$KIND_CLUSTER-control-plane
DEPLOYED=(--namespace tracedpipeline-system deployment/tracedpipeline-operator)

kubectl get "${DEPLOYED[@]}" >/dev/null || die "no operator is deployed: make kind-up"
work=$(mktemp -d)
put_back() {
  rm -r "$work"
  kubectl scale "${DEPLOYED[@]}" --replicas 1 >&2
}
trap put_back EXIT

kubectl set env "${DEPLOYED[@]}" --list | grep -E '^[A-Z_]+=' >"$work/environment"
kubectl config view --raw --minify | sed 's#server: .*#server: https://127.0.0.1:6443#' >"$work/kubeconfig"
dns=$(kubectl --namespace kube-system get service kube-dns --output 'jsonpath={.spec.clusterIP}')
printf 'nameserver %s\nsearch svc.cluster.local cluster.local\noptions ndots:5\n' "$dns" >"$work/resolv.conf"

kubectl scale "${DEPLOYED[@]}" --replicas 0 >&2
kubectl --namespace tracedpipeline-system wait pod --selector app.kubernetes.io/name=tracedpipeline-operator \
  --for delete --timeout 60s >&2

terminal=()
[ ! -t 0 ] || terminal=(--interactive --tty)
say "The operator of this checkout runs; the deployed one comes back when it ends."
docker run --rm "${terminal[@]}" --name tracedpipeline-run --init --user "$(id -u)" --network "container:$NODE" \
  --env-file "$work/environment" --env LOG_LEVEL="${LOG_LEVEL:-INFO}" \
  --env PYTHONPATH=/checkout --env PYTHONDONTWRITEBYTECODE=1 --env KUBECONFIG=/work/kubeconfig \
  --volume "$REPO/operator/src:/checkout:ro" --volume "$work:/work:ro" --volume "$work/resolv.conf:/etc/resolv.conf:ro" \
  "$OPERATOR_IMAGE" run
