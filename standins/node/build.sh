#!/usr/bin/env bash
# build.sh LABEL: builds the node image, with the images of kube-system's pods inside.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../../tools/lib.sh"
label=$1
export DOCKER_BUILDKIT=0
here=$REPO/standins/node
out=$CACHE/standins/node
programs=$CACHE/standins/kubernetes
container=tracedpipeline-node-build-$$

compile() {
  "$REPO/standins/kubernetes/build.sh" "$programs"
  (cd "$here/pause" && GO111MODULE=off "$REPO/tools/go.sh" build -ldflags '-s -w' -o "$programs/pause" main.go)
}

# The images that kubeadm and containerd will ask for, all of them names of one.
build_components() {
  local context=$out/components reference
  rm -rf "$context" && mkdir -p "$context/bin"
  cp -P "$programs"/{kubernetes,kube-*,etcd,coredns,pause} "$context/bin/"
  docker build --tag tracedpipeline/kube-system:build --build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE" \
    -f "$here/components.Dockerfile" "$context"
  mapfile -t references < <(
    "$programs/kubeadm" config images list --kubernetes-version "$KUBERNETES_VERSION" | grep -v /pause:
    sed -n 's/.*sandbox_image = "\(.*\)"/\1/p' "$out/kind/etc/containerd/config.toml"
  )
  for reference in "${references[@]}"; do
    entrypoint_of "$reference" | docker build --tag "$reference" -
  done
}

entrypoint_of() {
  local name=${1##*/}
  printf 'FROM tracedpipeline/kube-system:build\nENTRYPOINT ["/usr/local/bin/%s"]\n' "${name%%:*}"
}

copy_kind_files() {
  local module
  module=$(cd "$REPO/standins/kubernetes" && "$REPO/tools/go.sh" list -m -f '{{.Dir}}' sigs.k8s.io/kind)
  rm -rf "$out/kind" && mkdir -p "$out/kind"
  cp -r --no-preserve=mode "$module"/images/base/files/{etc,kind,usr} "$out/kind/"
}

build_base() {
  cp -r "$here/manifests" "$here/10-pods.conflist" "$out/"
  rm -rf "${out:?}/bin" && mkdir -p "$out/bin"
  cp -P "$programs"/{kubernetes,kubelet,kubeadm,kubectl} "$out/bin/"
  echo -n "$KUBERNETES_VERSION" >"$out/version"
  rm -rf "$out/components"
  docker build --tag tracedpipeline/node:build --build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE" -f "$here/Dockerfile" "$out"
}

# containerd unpacks images only while it runs, so they are imported in a container that is then committed.
import_components() {
  docker run --detach --privileged --name "$container" --entrypoint sleep tracedpipeline/node:build infinity
  trap 'docker rm --force --volumes "$container" >/dev/null' EXIT
  docker exec --detach "$container" containerd
  wait_for 30 containerd docker exec "$container" ctr version
  docker save "${references[@]}" | docker exec --interactive "$container" \
    ctr --namespace k8s.io images import --snapshotter overlayfs -
  docker exec "$container" pkill containerd
  docker commit --change "LABEL $label" --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' \
    "$container" "$NODE_IMAGE"
  docker rmi "${references[@]}" tracedpipeline/kube-system:build
}

mkdir -p "$out"
compile
copy_kind_files
build_components
build_base
import_components
