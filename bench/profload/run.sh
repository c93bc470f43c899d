#!/usr/bin/env bash
# Measures a release anneal: CPU per durable push, and merges of 800 and 8,000 profiles.
#
# Usage: bench/profload/run.sh [ANNEAL]      default: build/release/bin/anneal
# Starts the server on a free loopback port with a store in a temporary directory; both go again.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/go_env.sh
. tools/free_port.sh
use_go
anneal=${1:-build/release/bin/anneal}
[ -x "$anneal" ] || {
  echo "run.sh: no $anneal: cmake --preset release && cmake --build --preset release" >&2
  exit 1
}

scratch=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT
(cd bench/profload && go build -o "$scratch/profload" .)

measure() { # NAME SERVICES
  local port
  port=$(free_port)
  echo "== $1"
  "$anneal" serve --data "$scratch/$1" --listen "127.0.0.1:$port" 2>"$scratch/$1.log" &
  server=$!
  "$scratch/profload" -url "http://127.0.0.1:$port" -pid "$server" -corpus tests/corpus \
    -services "$2" -instances 4 -points 200 -wait 20s || {
    tail -n 20 "$scratch/$1.log" >&2
    exit 1
  }
  echo "disk: $(du -sh "$scratch/$1" | cut -f 1)"
  kill "$server"
  wait "$server" || true
  server=
}

echo "machine: $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(uname -sr), load $(cut -d ' ' -f 1 /proc/loadavg)"
measure one 1
measure ten 10
