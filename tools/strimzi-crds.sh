#!/usr/bin/env bash
# Strimzi's resource definitions, made by its published generator, in .cache/strimzi-crds/<version>.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
FOLDER=$CACHE/strimzi-crds/$STRIMZI_VERSION
IMAGE=tracedpipeline/strimzi-crds:$STRIMZI_VERSION

generate() {
  local container
  DOCKER_BUILDKIT=0 docker build --quiet --tag "$IMAGE" --build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE" \
    --build-arg "STRIMZI_VERSION=$STRIMZI_VERSION" "$REPO/standins/strimzi-crds"
  container=$(docker create "$IMAGE" true)
  rm -rf "$FOLDER.part"
  mkdir -p "$CACHE/strimzi-crds"
  docker cp "$container:/crds" "$FOLDER.part"
  docker rm "$container"
  mv "$FOLDER.part" "$FOLDER" # at once: what is there counts as whole
}

[ ! -d "$FOLDER" ] || exit 0
"$REPO/tools/engine.sh"
"$REPO/standins/ensure.sh" "$DEBIAN_IMAGE"
step "Generating Strimzi's resource definitions" generate
