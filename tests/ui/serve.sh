#!/usr/bin/env bash
# A server to try the web page on: tests/corpus pushed as services, and the records of tests/ui/records
# published. Prints its address on standard output; ends on Ctrl-C.
#
# Usage: tests/ui/serve.sh ANNEAL [HOST:PORT]     default: a free port of 127.0.0.1
set -euo pipefail
cd "$(dirname "$0")/../.."
anneal=$(realpath "${1:?usage: serve.sh ANNEAL [HOST:PORT]}")
listen=${2:-127.0.0.1:0}

scratch=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$anneal" serve --data "$scratch/data" --listen "$listen" >"$scratch/out" 2>"$scratch/err" &
server=$!
url=
for _ in $(seq 300); do
  url=$(sed -n 's/.*listening on \(http:[^,]*\),.*/\1/p' "$scratch/out")
  [ -z "$url" ] || break
  kill -0 "$server" 2>/dev/null || { cat "$scratch/err" >&2; exit 1; }
  read -rt 0.1 <> <(:) || true
done
[ -n "$url" ] || { echo "serve.sh: the server does not say where it listens" >&2; exit 1; }

for file in tests/corpus/*.cpuprof; do
  service=$(basename "$file" .cpuprof | sed 's/%2F/-/g')
  "$anneal" upload --url="$url" --override-timestamp --extra-labels="service_name=$service" "$file" >/dev/null
done
for record in tests/ui/records/*.json.gz; do
  curl -fsS -o /dev/null -H 'Content-Type: application/json' -H 'Content-Encoding: gzip' \
    --data-binary "@$record" "$url/anneal/v1/publish"
done
echo "$url"
wait "$server"
