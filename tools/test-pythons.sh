#!/usr/bin/env bash
# test-pythons.sh VERSION...: unit and golden tests with each version of Python, the packages from the lock file. What can't
# be had here is skipped and named at the end: a version that is neither on PATH nor downloaded, or packages without wheels.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$REPO"
mkdir -p "$CACHE/log"
passed=() failed=() skipped=()

for version; do
  home=$CACHE/python-$version log=$CACHE/log/python-$version.log
  say "· Python $version"
  if ! UV_PROJECT_ENVIRONMENT=$home tools/uv.sh sync --frozen --all-packages --python "$version" >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    skipped+=("$version")
  elif tools/test.sh "$home"; then
    passed+=("$version")
  else
    failed+=("$version")
  fi
done
say "Python: passed ${passed[*]:-none}; failed ${failed[*]:-none}; skipped ${skipped[*]:-none}"
((${#passed[@]} && !${#failed[@]}))
