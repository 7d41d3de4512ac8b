#!/usr/bin/env bash
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
#
# Builds the Dockerfile as it stands, runs the image, asks its health, stops it. With buildah in
# chroot isolation, which needs neither a container runtime nor a registry: the base image is made
# from the package mirrors that this machine's apt is set up with.
# Usage: image_test.sh [DIRECTORY]; the base image and layers are kept there (default build/image).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

state=$(realpath -m "${1:-build/image}")
base=docker.io/library/debian:bookworm-slim
image=localhost/sluice:test
ccache=${CCACHE_DIR:-$HOME/.cache/ccache}
mkdir -p "$state" "$ccache"
scratch=$(mktemp -d)
container='' daemon=''

# Called when the script ends, however it does.
clean_up() {
  [ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || true
  [ -z "$container" ] || in_store rm "$container" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "image: $*" >&2
  exit 1
}

in_store() {
  buildah --root "$state/store" --runroot "$state/run" --storage-driver "${STORAGE_DRIVER:-overlay}" "$@"
}

# The base image: Debian's minimal system, with this machine's apt configuration, so that the
# Dockerfile's own apt-get finds the mirrors.
make_base() {
  local sources=$scratch/sources.list
  apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' >"$sources"
  grep -q ' bookworm ' "$sources" || fail "apt on this machine does not know bookworm: apt-get update"
  # Options that change how packages are fetched, such as a proxy.
  apt-config dump | grep -E '^Acquire::(http|https|ftp)::' >"$scratch/99host" || true
  mmdebstrap --variant=minbase --quiet --aptopt="$scratch/99host" bookworm "$scratch/base.tar" "$sources"
  printf 'FROM scratch\nADD base.tar /\nCOPY 99host /etc/apt/apt.conf.d/99host\n' >"$scratch/Dockerfile"
  in_store bud --quiet --isolation chroot --format docker -t "$base" "$scratch" >/dev/null
}

build_image() {
  in_store bud --pull=never --isolation chroot --format docker --layers \
    --volume "$ccache:/root/.cache/ccache" -t "$image" . >"$scratch/build.log" 2>&1 ||
    { tail -n 40 "$scratch/build.log" >&2; fail "the Dockerfile does not build"; }
}

# declares TEMPLATE EXPECTED: what the image says of itself.
declares() {
  local found
  found=$(in_store inspect --type image --format "$1" "$image")
  [ "$found" = "$2" ] || fail "the image says $1 = '$found' instead of '$2'"
}

# within SECONDS COMMAND ...: repeats the command until it succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >"$scratch/within.log" 2>&1; do
    [ $SECONDS -lt $end ] || { cat "$scratch/within.log" >&2; return 1; }
    sleep 0.2
  done
}

inside() { in_store run --isolation chroot "$container" -- "$@"; }

run_image() {
  container=$(in_store from --pull=never "$image")
  inside sluiced >"$scratch/sluiced.log" 2>&1 &
  daemon=$!
  within 20 inside sluice health ||
    { cat "$scratch/sluiced.log" >&2; fail "the daemon in the image is not healthy"; }
  inside sluice deploy image-test v1 --strategy rolling_strategy --watch >"$scratch/deploy.log" ||
    { cat "$scratch/deploy.log" >&2; fail "a deployment in the image failed"; }
  [ "$(inside id -u)" = 10001 ] || fail "the image runs as uid $(inside id -u)"
}

# The process of the daemon itself: buildah stands before it, and passes no signal on.
daemon_pid() {
  local children=$daemon pid
  while children=$(ps -o pid= --ppid "$(echo "$children" | xargs | tr ' ' ,)"); do
    for pid in $children; do
      [ "$(cat "/proc/$pid/comm")" = sluiced ] && { echo "$pid"; return; }
    done
  done
  fail "no sluiced runs below buildah"
}

stop_image() {
  kill -TERM "$(daemon_pid)"
  wait "$daemon" || fail "the daemon ended with exit code $? after SIGTERM"
  daemon=''
}

in_store images --quiet "$base" >/dev/null 2>&1 || make_base
build_image
declares '{{.Docker.Config.User}}' sluice
declares '{{.Docker.Config.StopSignal}}' SIGTERM
declares '{{.Docker.Config.Healthcheck.Test}}' '[CMD sluice health]'
run_image
stop_image
echo "image: built, healthy, deployed, stopped with 0"
