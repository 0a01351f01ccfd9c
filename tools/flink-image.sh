#!/usr/bin/env bash
# Builds the Flink consumer's image, and its base image first where no registry answers.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

build_image() {
  DOCKER_BUILDKIT=0 docker build --quiet --tag "$FLINK_CONSUMER_IMAGE" --build-arg "BASE=$FLINK_BASE_IMAGE" \
    --build-arg "UV_VERSION=$UV_VERSION" --build-arg "CONNECTOR_VERSION=$FLINK_CONNECTOR_VERSION" \
    --build-arg "CONNECTOR_CHECKSUM=$FLINK_CONNECTOR_CHECKSUM" -f "$REPO/apps/flink-consumer/Dockerfile" "$REPO"
}

"$REPO/tools/engine.sh"
"$REPO/standins/ensure.sh" "$FLINK_BASE_IMAGE"
step "Building the Flink consumer's image" build_image
