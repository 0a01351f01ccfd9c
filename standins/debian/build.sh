#!/usr/bin/env bash
# debian:trixie-slim from Debian's packages. It trusts what the host trusts: a network that re-signs HTTPS has a
# certificate authority of its own, and without it pip and Maven fail inside a build.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/../../tools/lib.sh"
label=$1

[ "$(id -u)" = 0 ] || die "building $DEBIAN_IMAGE from packages needs root (debootstrap); or pull it where a registry answers."
command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap; }

root=$(mktemp -d "$CACHE/debian.XXXXXX")
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates trixie "$root"

python3 - /etc/ssl/certs/ca-certificates.crt "$root" <<'PYTHON'
import re
import sys
from pathlib import Path

host, root = Path(sys.argv[1]), Path(sys.argv[2])
certificate = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
known = set(certificate.findall((root / "etc/ssl/certs/ca-certificates.crt").read_text()))
extra = [found for found in certificate.findall(host.read_text()) if found not in known]
for number, found in enumerate(extra):
    (root / f"usr/local/share/ca-certificates/host-{number}.crt").write_text(found)
PYTHON
chroot "$root" update-ca-certificates
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/*

tar -C "$root" -c . | docker import --change "LABEL $label" --change 'CMD ["bash"]' - "$DEBIAN_IMAGE"
