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

kubectl_fits || step "Compiling kubectl $KUBERNETES_VERSION" compile kubectl ./kubectl \
  "-X k8s.io/component-base/version.gitVersion=$KUBERNETES_VERSION -X k8s.io/component-base/version.gitMajor=1 \
   -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$KUBERNETES_VERSION")"
kind_fits || step "Compiling kind $KIND_VERSION" compile kind sigs.k8s.io/kind
helm_fits || step "Compiling Helm $HELM_VERSION" compile helm helm.sh/helm/v3/cmd/helm \
  "-X helm.sh/helm/v3/internal/version.version=$HELM_VERSION"
