#!/usr/bin/env bash
# Builds the operator's, the producer's and the consumer's image.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../lib.sh"
# The classic builder is everywhere; nothing here needs more.
export DOCKER_BUILDKIT=0

build() { # build IMAGE DOCKERFILE [OPTION...]
  docker build --quiet --tag "$1" --build-arg "BASE=$PYTHON_IMAGE" --build-arg "UV_VERSION=$UV_VERSION" \
    -f "$REPO/$2" "${@:3}" "$REPO"
}

build_all() {
  build "$OPERATOR_IMAGE" operator/Dockerfile
  build "$PRODUCER_IMAGE" apps/Dockerfile --build-arg APP=producer
  build "$CONSUMER_IMAGE" apps/Dockerfile --build-arg APP=consumer
}

"$REPO/standins/ensure.sh" "$PYTHON_IMAGE"
step "Building the operator's, the producer's and the consumer's image" build_all
