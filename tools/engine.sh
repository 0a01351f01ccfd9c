#!/usr/bin/env bash
# Makes sure that a container engine answers: the one that is there, else Debian's docker.io, installed and started.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

answers() { docker info >/dev/null 2>&1; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

install_engine() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables
}

# CAP_SYS_RESOURCE is bit 24 of the bounding set; without it privileged containers need the runtime of standins/engine.
lacks_sys_resource() {
  local bounding
  bounding=$(awk '/^CapBnd/ {print $2}' /proc/self/status)
  (((0x$bounding >> 24 & 1) == 0))
}

# The runtime's path outlives this checkout, as the daemon and its containers do.
runtime_options() {
  lacks_sys_resource || return 0
  install -D -m 755 "$REPO/standins/engine/runc-without-sys-resource" /usr/local/lib/tracedpipeline/runc
  printf '%s\n' --add-runtime tracedpipeline=/usr/local/lib/tracedpipeline/runc --default-runtime tracedpipeline
}

start_engine() {
  local options
  mapfile -t options < <(runtime_options)
  rm -f /var/run/docker.pid
  setsid dockerd "${options[@]}" >"$CACHE/dockerd.log" 2>&1 </dev/null &
  echo $! >"$CACHE/dockerd.pid"
  wait_for 60 "container engine" docker info
}

answers && exit 0
if ! may_install; then
  die "no container engine answers (docker info). Start Docker, or run this as root on Debian or Ubuntu to have it installed."
fi
command -v dockerd >/dev/null || step "Installing a container engine (docker.io)" install_engine
step "Starting the container engine" start_engine
