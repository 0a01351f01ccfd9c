#!/usr/bin/env bash
# sanitize.sh [pytest arguments]: the tests of kafkatrace's C extension under AddressSanitizer and UndefinedBehaviorSanitizer.
# Its own copy of the package, so that the one in .venv stays as it is. Leaks of the interpreter itself are not looked for.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$REPO"
build=$CACHE/sanitize
python=$REPO/.venv/bin/python
flags="-std=c11 -O1 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -fno-omit-frame-pointer"
flags+=" -fsanitize=address,undefined -fno-sanitize-recover=undefined"

rm -rf "$build" && mkdir -p "$build"
cp -r apps/kafkatrace/src/kafkatrace "$build/"
rm -f "$build"/kafkatrace/_speedups*.so
headers=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
suffix=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
# shellcheck disable=SC2086 # flags are words
cc $flags -I"$headers" apps/kafkatrace/speedups/*.c -o "$build/kafkatrace/_speedups$suffix"

# test_build looks for the hardening of the usual build, which this one has not
(($#)) || set -- tests/unit/kafkatrace/hotpath --ignore tests/unit/kafkatrace/hotpath/test_build.py \
  tests/unit/kafkatrace/spans/test_strange_fields.py \
  tests/unit/kafkatrace/clients/test_record_receiver.py tests/unit/kafkatrace/operations/test_receive_unsampled.py
sanitized=(env "LD_PRELOAD=$(cc -print-file-name=libasan.so) $(cc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0
  UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc "PYTHONPATH=$build" "$python")
"${sanitized[@]}" -c 'import kafkatrace._speedups, sys; sys.exit(not kafkatrace._speedups.__file__.startswith(sys.argv[1]))' "$build" ||
  die "the tests would not run what was built in $build"
"${sanitized[@]}" -m pytest -n 0 --timeout 3600 "$@"
