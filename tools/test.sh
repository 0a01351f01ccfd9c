#!/usr/bin/env bash
# test.sh VENV [OPTION...]: unit, golden and fuzz tests with the Python of an environment; the options are pytest's.
# Tests wait more than they compute: so many processes keep two processors busy.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$REPO"

exec "$1/bin/pytest" tests/unit tests/golden tests/fuzz -n 10 --each-implementation -o console_output_style=classic "${@:2}"
