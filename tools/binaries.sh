#!/usr/bin/env bash
# Makes sure of kind, kubectl and Helm: those on PATH where they fit, else compiled from their Go modules into .cache/bin.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

# kubectl serves a cluster that is at most one minor version away (Kubernetes' version skew policy).
kubectl_fits() {
  local wanted found
  wanted=$(cut -d. -f2 <<<"$KUBERNETES_VERSION")
  found=$(kubectl version --client --output=json 2>/dev/null | sed -n 's/.*"minor": "\([0-9]*\).*/\1/p')
  [ -n "$found" ] && ((found >= wanted - 1 && found <= wanted + 1))
}

helm_fits() { helm version --short 2>/dev/null | grep -qE '^v[34]'; }

kind_fits() { kind version 2>/dev/null | grep -q "kind $KIND_VERSION"; }

compile() { # compile NAME PACKAGE [LDFLAGS]
  cd "$REPO/standins/kubernetes"
  "$REPO/tools/go.sh" build -ldflags "-s -w ${3:-}" -o "$CACHE/bin/$1" "$2"
}

MINOR=$(cut -d. -f2 <<<"$KUBERNETES_VERSION")
KUBECTL_STAMP=k8s.io/component-base/version
HELM_STAMP=helm.sh/helm/v3

kubectl_fits || step "Compiling kubectl $KUBERNETES_VERSION" compile kubectl ./kubectl \
  "-X $KUBECTL_STAMP.gitVersion=$KUBERNETES_VERSION -X $KUBECTL_STAMP.gitMajor=1 -X $KUBECTL_STAMP.gitMinor=$MINOR"
kind_fits || step "Compiling kind $KIND_VERSION" compile kind sigs.k8s.io/kind
# Without a cluster at hand, Helm takes charts to be for the Kubernetes that it is told here.
helm_fits || step "Compiling Helm $HELM_VERSION" compile helm helm.sh/helm/v3/cmd/helm \
  "-X $HELM_STAMP/internal/version.version=$HELM_VERSION \
   -X $HELM_STAMP/pkg/chartutil.k8sVersionMajor=1 -X $HELM_STAMP/pkg/chartutil.k8sVersionMinor=$MINOR"
