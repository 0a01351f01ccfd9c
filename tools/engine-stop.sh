#!/usr/bin/env bash
# Ends the container engine that tools/engine.sh started from this checkout, and no other.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

[ -f "$CACHE/dockerd.pid" ] || exit 0
kill "$(cat "$CACHE/dockerd.pid")" 2>/dev/null || true
rm "$CACHE/dockerd.pid"
