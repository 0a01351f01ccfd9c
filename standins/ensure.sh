#!/usr/bin/env bash
# ensure.sh IMAGE...: makes each image present. There already: used. Else pulled. Else its stand-in is built from
# packages, under the same name and tag, and we say so. A stand-in is labelled with a hash of what it is made of: one
# that is out of date is built again, an image without that label is a real one and left alone.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../tools/lib.sh"
STANDINS=$REPO/standins
LABEL=dev.tracedpipeline.standin

folder_of() {
  case $1 in
    "$DEBIAN_IMAGE") echo debian ;;
    "$PYTHON_IMAGE") echo python ;;
    "$FLINK_BASE_IMAGE") echo python-bookworm ;;
    "$NODE_IMAGE") echo node ;;
    "$KAFKA_IMAGE") echo kafka ;;
    "$JAEGER_IMAGE") echo jaeger ;;
    "$COLLECTOR_IMAGE") echo collector ;;
    "$LOCAL_PATH_IMAGE") echo local-path ;;
    *) die "no stand-in is known for $1: add a folder to standins/ and a line here." ;;
  esac
}

# Folders whose output a stand-in contains.
parts_of() {
  case $1 in
    debian) echo debian ;;
    node) echo debian kubernetes coredns node ;;
    python | python-bookworm | kafka | local-path) echo debian "$1" ;;
    *) echo "$1" ;;
  esac
}

inputs_hash() {
  local part
  {
    for part in $(parts_of "$1"); do
      (cd "$STANDINS" && find "$part" -type f -print0 | sort -z | xargs -0 sha256sum)
    done
    [ "$1" != node ] || echo "$KUBERNETES_VERSION $KIND_VERSION"
  } | sha256sum | cut -c1-16
}

label_of() { docker image inspect --format "{{index .Config.Labels \"$LABEL\"}}" "$1" 2>/dev/null; }

# Asked once: where no registry answers for one image, none does for the others.
pull() {
  [ "${REGISTRY_ANSWERS:-yes}" = yes ] || return 1
  if ! timeout 20 docker manifest inspect "$1" >/dev/null 2>&1; then
    REGISTRY_ANSWERS=no
    return 1
  fi
  say "· Pulling $1"
  docker pull --quiet "$1" >/dev/null
}

build() {
  local image=$1 folder=$2 hash=$3
  step "Building $image from packages (no registry answers)" "$STANDINS/build.sh" "$image" "$folder" "$LABEL=$hash"
}

ensure() {
  local image=$1 folder hash present
  folder=$(folder_of "$image")
  hash=$(inputs_hash "$folder")
  if present=$(label_of "$image") && { [ -z "$present" ] || [ "$present" = "$hash" ]; }; then
    return
  fi
  if [ -z "${present:-}" ] && pull "$image"; then
    return
  fi
  case $folder in python | python-bookworm | kafka | local-path | node) once debian ensure "$DEBIAN_IMAGE" ;; esac
  build "$image" "$folder" "$hash"
}

for image in "$@"; do
  once "$(folder_of "$image")" ensure "$image"
done
