#!/usr/bin/env bash
# Runs the shell examples of a document: its blocks marked ```sh test, in order, as one script.
#
# Usage: tests/docs/run_examples.sh ANNEAL DOCUMENT...
# Each document gets a folder of its own with a copy of examples/, `anneal` in PATH, and a free
# port wherever the text says 4040 or 8080. What a block starts in the background is ended after it.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
anneal=$(realpath "${1:?usage: run_examples.sh ANNEAL DOCUMENT...}")
shift
. tools/free_port.sh
. tools/go_env.sh
use_go

blocks() { sed -n '/^```sh test$/,/^```$/{/^```/!p;}' "$1"; }

run_document() { # DOCUMENT
  local scratch status=0
  scratch=$(mktemp -d)
  mkdir "$scratch/bin" "$scratch/work"
  ln -s "$anneal" "$scratch/bin/anneal"
  cp -r "$root/examples" "$scratch/work/examples"
  (cd "$scratch/work/examples/markdown" && rm -rf .anneal default.pgo* markdown main)
  local port other_port
  port=$(free_port)
  other_port=$(free_port)
  {
    echo "set -euo pipefail; cut -d ' ' -f 5 /proc/\$\$/stat >'$scratch/group'"
    blocks "$1" | sed "s/4040/$port/g; s/8080/$other_port/g"
  } >"$scratch/script"
  (
    cd "$scratch/work"
    PATH="$scratch/bin:$PATH" HOME="$scratch" GOPATH="$(go env GOPATH)" GOCACHE="$(go env GOCACHE)" \
      GOMODCACHE="$(go env GOMODCACHE)" \
      ANNEAL_LISTEN="127.0.0.1:$port" ANNEAL_URL="http://127.0.0.1:$port" \
      setsid --wait timeout 900 bash -v "$scratch/script"
  ) >"$scratch/log" 2>&1 </dev/null || status=$?
  # The script's children are one process group: none outlives it.
  kill -- "-$(cat "$scratch/group")" 2>/dev/null || true
  if [ "$status" != 0 ]; then
    echo "$1: its examples fail (exit $status):"
    cat "$scratch/log"
  else
    echo "$1: $(grep -c '^```sh test$' "$1") examples run"
  fi
  rm -rf "$scratch"
  return "$status"
}

failed=0
for document; do
  grep -q '^```sh test$' "$document" || continue
  run_document "$document" || failed=1
done
exit "$failed"
