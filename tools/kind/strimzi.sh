#!/usr/bin/env bash
# Installs Strimzi with Kafka demo where it can be had, from the registry that has its images and its chart, or from a
# release unpacked at STRIMZI_RELEASE where the engine has its images already. STRIMZI=real insists, STRIMZI=fake does without.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../lib.sh"
# Its pods then are as the restricted Pod Security Standard asks, in all namespaces.
RESTRICTED_PODS=STRIMZI_POD_SECURITY_PROVIDER_CLASS
RELEASE_IMAGES=("$STRIMZI_IMAGE" "$STRIMZI_KAFKA_IMAGE")

strimzi_source() {
  if timeout 20 docker manifest inspect "$STRIMZI_IMAGE" >/dev/null 2>&1; then
    echo chart
  elif [ -n "${STRIMZI_RELEASE:-}" ] && docker image inspect "${RELEASE_IMAGES[@]}" >/dev/null 2>&1; then
    echo release
  fi
}

install() {
  "install_$1"
  kubectl apply --server-side --filename "$REPO/tools/strimzi-kafka.yaml"
  kubectl wait kafka/demo --for=condition=Ready --timeout 300s
}

install_chart() {
  helm upgrade --install strimzi "$STRIMZI_CHART" --version "$STRIMZI_VERSION" \
    --namespace strimzi --create-namespace --set watchAnyNamespace=true --wait --timeout 300s \
    --set "extraEnvs[0].name=$RESTRICTED_PODS,extraEnvs[0].value=restricted"
}

# As its documentation says, for all namespaces: the roles are bound in the whole cluster.
install_release() {
  local role file
  kind load docker-image --name "$KIND_CLUSTER" "${RELEASE_IMAGES[@]}"
  kubectl create namespace strimzi --dry-run=client --output yaml | kubectl apply --filename -
  for role in cluster-operator-namespaced cluster-operator-watched entity-operator; do
    kubectl create clusterrolebinding "strimzi-$role" --clusterrole "strimzi-$role" \
      --serviceaccount strimzi:strimzi-cluster-operator --dry-run=client --output yaml | kubectl apply --filename -
  done
  for file in "$STRIMZI_RELEASE"/install/cluster-operator/*.yaml; do
    for_all_namespaces "$file" | kubectl apply --server-side --force-conflicts --namespace strimzi --filename -
  done
  kubectl --namespace strimzi rollout status deployment/strimzi-cluster-operator --timeout 300s
}

for_all_namespaces() {
  case $1 in
    *RoleBinding*) sed 's/namespace: .*/namespace: strimzi/' "$1" ;;
    *Deployment*)
      kubectl set env --local --filename "$1" --output yaml 'STRIMZI_NAMESPACE=*' "$RESTRICTED_PODS=restricted"
      ;;
    *) cat "$1" ;;
  esac
}

[ "${STRIMZI:-auto}" != fake ] || exit 0
found=$(strimzi_source)
if [ -n "$found" ]; then
  step "Installing Strimzi $STRIMZI_VERSION ($found) with Kafka demo, which the demo uses" install "$found"
elif [ "${STRIMZI:-auto}" = real ]; then
  die "STRIMZI=real: no registry has $STRIMZI_IMAGE for us. Where the engine has ${RELEASE_IMAGES[*]}, unpack a release of Strimzi $STRIMZI_VERSION and set STRIMZI_RELEASE to its folder."
else
  say "· Strimzi: no registry has its images for us, so the demo uses the single node"
fi
