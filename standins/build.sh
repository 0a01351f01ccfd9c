#!/usr/bin/env bash
# build.sh IMAGE FOLDER LABEL: builds one stand-in. Go programs are compiled on the host, where Go keeps its caches.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../tools/lib.sh"
image=$1 folder=$2 label=$3
export DOCKER_BUILDKIT=0

here=$REPO/standins/$folder
out=$CACHE/standins/$folder
mkdir -p "$out"

image_of() { # image_of CONTEXT: builds the folder's Dockerfile
  docker build --tag "$image" --label "$label" --build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE" -f "$here/Dockerfile" "$1"
}

go_image() { # go_image NAME PACKAGE: compiles the package of the folder's module, and puts it into the image
  (cd "$here" && "$REPO/tools/go.sh" build -ldflags '-s -w' -o "$out/$1" "$2")
  cp /etc/ssl/certs/ca-certificates.crt "$out/"
  image_of "$out"
}

case $folder in
  debian) "$here/build.sh" "$label" ;;
  python-bookworm) "$here/build.sh" "$label" ;;
  node) "$here/build.sh" "$label" ;;
  jaeger) go_image jaeger github.com/jaegertracing/jaeger/cmd/jaeger ;;
  collector) go_image collector . ;;
  local-path) go_image local-path-provisioner github.com/rancher/local-path-provisioner ;;
  *) image_of "$here" ;;
esac
