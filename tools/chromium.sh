#!/usr/bin/env bash
# Installs Debian's Chromium, in which the page is tested. Where that cannot be had, those tests are skipped, with the reason.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

install() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
}

command -v chromium >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  say "chromium is not on PATH: tests of the page are skipped (Debian: apt-get install chromium)"
  exit 0
fi
say "· chromium, for the tests of the page"
(install) >"$CACHE/chromium.log" 2>&1 || say "  apt cannot install it: tests of the page are skipped; the whole log is $CACHE/chromium.log"
