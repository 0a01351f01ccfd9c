#!/usr/bin/env bash
# check-extension.sh python: fails where kafkatrace's C extension could have been built, and was not.
set -euo pipefail

python=$1
"$python" -c 'import kafkatrace._speedups' 2>/dev/null && exit 0
headers=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
if ! command -v cc >/dev/null || [ ! -e "$headers/Python.h" ]; then
  echo "kafkatrace runs in pure Python: its C extension needs a C compiler and Python's headers (Debian: gcc, python3-dev)." >&2
  exit 0
fi
echo "kafkatrace's C extension was not built. The compiler's message: tools/uv.sh pip install -v --reinstall -e apps/kafkatrace" >&2
exit 1
