#!/usr/bin/env bash
# Runs uv: the one on PATH, else one of our version in .cache.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v uv >/dev/null; then
  exec uv "$@"
fi

version=$(sed -n 's/^UV_VERSION *:= *//p' versions.mk)
home=.cache/uv-$version
if [ ! -x "$home/bin/uv" ]; then
  echo "Installing uv $version in $home" >&2
  python3 -m venv "$home" || {
    echo "python3 -m venv failed: install Python 3.11 or newer with its venv module (Debian: python3-venv)." >&2
    exit 1
  }
  "$home/bin/pip" install --quiet --disable-pip-version-check "uv==$version"
fi
exec "$home/bin/uv" "$@"
