#!/usr/bin/env bash
# The layer checker must find a forbidden include, a foreign internal/ include and a cycle.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/src/low" "$scratch/src/high/internal"
printf 'low:\nhigh: low\n' >"$scratch/layers.txt"
check() { python3 tools/check_layers.py "$scratch/layers.txt" "$scratch/src"; }
expect() { # STATUS WHAT
  local status=0
  check >"$scratch/out" 2>&1 || status=$?
  [ "$status" = "$1" ] || {
    echo "$2: expected exit $1, got $status"
    cat "$scratch/out"
    exit 1
  }
}
echo '#include "low/a.h"' >"$scratch/src/high/b.h"
expect 0 "allowed include"
echo '#include "high/b.h"' >"$scratch/src/low/a.h"
expect 1 "forbidden include"
rm "$scratch/src/low/a.h"
printf 'low:\nhigh: low\ntop: high\n' >"$scratch/layers.txt"
mkdir "$scratch/src/top"
echo '#include "high/internal/x.h"' >"$scratch/src/top/c.cc"
expect 1 "foreign internal include"
printf 'low: high\nhigh: low\n' >"$scratch/layers.txt"
expect 2 "cycle"
