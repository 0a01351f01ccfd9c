#!/usr/bin/env bash
# build.sh DIRECTORY: compiles Kubernetes into one binary there, and etcd and CoreDNS beside it.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../../tools/lib.sh"
out=$1
mkdir -p "$out"

stamp=k8s.io/component-base/version
IFS=. read -r major minor _ <<<"${KUBERNETES_VERSION#v}"
flags="-s -w -X $stamp.gitVersion=$KUBERNETES_VERSION -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor"
flags+=" -X $stamp.gitTreeState=clean"

cd "$REPO/standins/kubernetes"
"$REPO/tools/go.sh" build -ldflags "$flags" -o "$out/kubernetes" .
for name in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubeadm kubectl; do
  ln -sf kubernetes "$out/$name"
done
"$REPO/tools/go.sh" build -ldflags '-s -w' -o "$out/etcd" go.etcd.io/etcd/server/v3

cd "$REPO/standins/coredns"
"$REPO/tools/go.sh" build -ldflags '-s -w' -o "$out/coredns" .
