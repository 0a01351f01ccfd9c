#!/usr/bin/env bash
# A kind cluster with Kafka and the operator. A second run reuses the cluster and whatever is up to date in it.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
NODE=$KIND_CLUSTER-control-plane
OUTSIDE_IMAGES=("$KAFKA_IMAGE" "$JAEGER_IMAGE" "$COLLECTOR_IMAGE")
# Its pods then are as the restricted Pod Security Standard asks, in all namespaces.
RESTRICTED_PODS=STRIMZI_POD_SECURITY_PROVIDER_CLASS
RELEASE_IMAGES=("$STRIMZI_IMAGE" "$STRIMZI_KAFKA_IMAGE")
OWN_IMAGES=("$OPERATOR_IMAGE" "$PRODUCER_IMAGE" "$CONSUMER_IMAGE" "$FLINK_CONSUMER_IMAGE")

build_own_images() {
  # The classic builder is everywhere; nothing here needs more.
  export DOCKER_BUILDKIT=0
  build() {
    docker build --quiet --tag "$1" --build-arg "BASE=$PYTHON_IMAGE" --build-arg "UV_VERSION=$UV_VERSION" -f "$2" "$REPO"
  }
  build "$OPERATOR_IMAGE" "$REPO/operator/Dockerfile"
  build "$PRODUCER_IMAGE" "$REPO/apps/producer/Dockerfile"
  build "$CONSUMER_IMAGE" "$REPO/apps/consumer/Dockerfile"
}

# What the cluster was made from; a cluster made from anything else is replaced.
cluster_inputs() {
  {
    cat "$REPO/kind-config.yaml"
    docker image inspect --format '{{.Id}}' "$NODE_IMAGE"
  } | sha256sum | cut -c1-16
}

cluster_is_good() {
  [ "$(docker exec "$NODE" cat /kind/made-from 2>/dev/null)" = "$(cluster_inputs)" ] || return 1
  kind export kubeconfig --name "$KIND_CLUSTER" --kubeconfig "$KUBECONFIG" >/dev/null 2>&1
  wait_for 30 "API server" kubectl get --raw /readyz
}

create_cluster() {
  kind delete cluster --name "$KIND_CLUSTER" --kubeconfig "$KUBECONFIG"
  kind create cluster --name "$KIND_CLUSTER" --image "$NODE_IMAGE" --config "$REPO/kind-config.yaml" \
    --kubeconfig "$KUBECONFIG" --wait 180s
  cluster_inputs | docker exec --interactive "$NODE" tee /kind/made-from
}

# kind skips an image that the node has, but takes its time to find out; the node keeps a list of what it was given.
load_images() {
  local image given wanted=()
  given=$(docker exec "$NODE" cat /kind/given 2>/dev/null || true)
  for image in "${OUTSIDE_IMAGES[@]}" "${OWN_IMAGES[@]}"; do
    grep -qxF "$(identity "$image")" <<<"$given" || wanted+=("$image")
  done
  ((${#wanted[@]})) || return 0
  kind load docker-image --name "$KIND_CLUSTER" "${wanted[@]}"
  for image in "${OUTSIDE_IMAGES[@]}" "${OWN_IMAGES[@]}"; do
    identity "$image"
  done | docker exec --interactive "$NODE" tee /kind/given
}

identity() { docker image inspect --format "$1 {{.Id}}" "$1"; }

# kind's own node image makes volumes; the stand-in's default class names no provisioner.
makes_volumes() {
  kubectl get storageclass --output 'jsonpath={range .items[*]}{.provisioner}{"\n"}{end}' |
    grep -qvx kubernetes.io/no-provisioner
}

install_storage() {
  "$REPO/standins/ensure.sh" "$LOCAL_PATH_IMAGE"
  kind load docker-image --name "$KIND_CLUSTER" "$LOCAL_PATH_IMAGE"
  kubectl delete storageclass standard --ignore-not-found
  sed "s#LOCAL_PATH_IMAGE#$LOCAL_PATH_IMAGE#" "$REPO/tools/local-path.yaml" | kubectl apply --server-side -f -
  kubectl --namespace local-path-storage rollout status deployment/local-path-provisioner --timeout 60s
}

install_kafka() {
  sed "s#KAFKA_IMAGE#$KAFKA_IMAGE#" "$REPO/tools/kafka.yaml" | kubectl apply --server-side -f -
  kubectl --namespace kafka rollout status deployment/kafka --timeout 180s
}

# How Strimzi can be had: from the registry that has its images and its chart, or from a release unpacked at
# STRIMZI_RELEASE where the engine has its images already.
strimzi_source() {
  if timeout 20 docker manifest inspect "$STRIMZI_IMAGE" >/dev/null 2>&1; then
    echo chart
  elif [ -n "${STRIMZI_RELEASE:-}" ] && docker image inspect "${RELEASE_IMAGES[@]}" >/dev/null 2>&1; then
    echo release
  fi
}

install_strimzi() {
  "install_strimzi_$1"
  kubectl apply --server-side --filename "$REPO/tools/strimzi-kafka.yaml"
  kubectl wait kafka/demo --for=condition=Ready --timeout 300s
}

install_strimzi_chart() {
  helm upgrade --install strimzi "$STRIMZI_CHART" --version "$STRIMZI_VERSION" \
    --namespace strimzi --create-namespace --set watchAnyNamespace=true --wait --timeout 300s \
    --set "extraEnvs[0].name=$RESTRICTED_PODS,extraEnvs[0].value=restricted"
}

# As its documentation says, for all namespaces: the roles are bound in the whole cluster.
install_strimzi_release() {
  local role file
  kind load docker-image --name "$KIND_CLUSTER" "${RELEASE_IMAGES[@]}"
  kubectl create namespace strimzi --dry-run=client --output yaml | kubectl apply --filename -
  for role in cluster-operator-namespaced cluster-operator-watched entity-operator; do
    kubectl create clusterrolebinding "strimzi-$role" --clusterrole "strimzi-$role" \
      --serviceaccount strimzi:strimzi-cluster-operator --dry-run=client --output yaml | kubectl apply --filename -
  done
  for file in "$STRIMZI_RELEASE"/install/cluster-operator/*.yaml; do
    case $file in
      *RoleBinding*) sed 's/namespace: .*/namespace: strimzi/' "$file" ;;
      *Deployment*)
        kubectl set env --local --filename "$file" --output yaml \
          'STRIMZI_NAMESPACE=*' "$RESTRICTED_PODS=restricted"
        ;;
      *) cat "$file" ;;
    esac |
      kubectl apply --server-side --force-conflicts --namespace strimzi --filename -
  done
  kubectl --namespace strimzi rollout status deployment/strimzi-cluster-operator --timeout 300s
}

# The tag is always the same, so the image's identity is what rolls the operator.
install_operator() {
  helm upgrade --install tracedpipeline-operator "$REPO/charts/tracedpipeline-operator" \
    --namespace tracedpipeline-system --create-namespace --wait --timeout 90s \
    --set "image.repository=${OPERATOR_IMAGE%:*},image.tag=${OPERATOR_IMAGE#*:}" \
    --set "images.producer=$PRODUCER_IMAGE,images.consumer=$CONSUMER_IMAGE" \
    --set "images.flinkConsumer=$FLINK_CONSUMER_IMAGE" \
    --set "images.collector=$COLLECTOR_IMAGE,images.jaeger=$JAEGER_IMAGE" \
    --set-string "podAnnotations.image=$(docker image inspect --format '{{.Id}}' "$OPERATOR_IMAGE")"
}

"$REPO/tools/engine.sh"
"$REPO/tools/binaries.sh"
"$REPO/standins/ensure.sh" "$NODE_IMAGE" "$PYTHON_IMAGE" "${OUTSIDE_IMAGES[@]}"
step "Building the operator's, the producer's and the consumer's image" build_own_images
"$REPO/tools/flink-image.sh"
cluster_is_good || step "Creating the kind cluster $KIND_CLUSTER" create_cluster
step "Loading images into the cluster" load_images
makes_volumes || step "Installing a provisioner of volumes" install_storage
strimzi=$([ "${STRIMZI:-auto}" = played ] || strimzi_source)
if [ -n "$strimzi" ]; then
  step "Installing Strimzi $STRIMZI_VERSION ($strimzi) with Kafka demo, which the demo uses" install_strimzi "$strimzi"
elif [ "${STRIMZI:-auto}" = real ]; then
  die "STRIMZI=real: no registry has $STRIMZI_IMAGE for us. Where the engine has ${RELEASE_IMAGES[*]}, unpack a release of Strimzi $STRIMZI_VERSION and set STRIMZI_RELEASE to its folder."
else
  say "· Strimzi: no registry has its images for us, so the demo uses the single node"
fi
say "· Kafka: a single node in namespace kafka (bootstrap servers kafka.kafka.svc:9092)"
step "Installing Kafka" install_kafka
step "Installing the operator" install_operator
say "The cluster is up: export KUBECONFIG=$KUBECONFIG"
