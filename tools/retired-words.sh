#!/usr/bin/env bash
# Finds the words of retired-words.txt in all files of the checkout, new ones too; says where, and what to write instead.
set -euo pipefail
cd "$(dirname "$0")/.."
found=0
while IFS=$'\t' read -r word instead; do
  [[ $word && $word != \#* ]] || continue
  if git grep --untracked -nIP -e "$word" -- . ':!*.lock' ':!*.sum' ':!tools/retired-words.txt' ':!tests/unit/test_retired_words.py'; then
    echo "  instead of that: $instead" >&2
    found=1
  elif [ $? -ne 1 ]; then
    echo "retired-words.txt: no regular expression: $word" >&2
    found=1
  fi
done <tools/retired-words.txt
exit $found
