#!/usr/bin/env bash
# python:3.11-slim-bookworm from Debian's packages: bookworm's Python is 3.11. As in the real image, `python3` is in
# /usr/local/bin, its shared library is there, and pip may install. It trusts what the stand-in for Debian trusts.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../../tools/lib.sh"
label=$1

[ "$(id -u)" = 0 ] || die "building $FLINK_BASE_IMAGE from packages needs root (debootstrap); or pull it where a registry answers."
command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap; }

root=$(mktemp -d "$CACHE/bookworm.XXXXXX")
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates,libpython3.11,python3,python3-pip,python3-venv bookworm "$root"
docker run --rm "$DEBIAN_IMAGE" tar -C /usr/local/share -c ca-certificates | tar -C "$root/usr/local/share" -x
chroot "$root" update-ca-certificates
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/*
ln -s /usr/bin/python3 "$root/usr/local/bin/python"
ln -s /usr/bin/python3 "$root/usr/local/bin/python3"

tar -C "$root" -c . | docker import --change "LABEL $label" --change 'CMD ["python3"]' \
  --change 'ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore' \
  --change 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' \
  - "$FLINK_BASE_IMAGE"
