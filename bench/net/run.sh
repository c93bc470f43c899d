#!/usr/bin/env bash
# What the HTTP server alone costs: POSTs by h2load (Debian: nghttp2-client) over loopback and kept
# connections, in HTTP/1.1 and HTTP/2, in the clear and over TLS.
#
# Usage: bench/net/run.sh [HTTP_BENCH]      default: build/bench/bin/http_bench
set -euo pipefail
cd "$(dirname "$0")/../.."
bench=${1:-build/bench/bin/http_bench}
[ -x "$bench" ] || {
  echo "run.sh: no $bench: cmake --preset bench && cmake --build --preset bench --target http_bench" >&2
  exit 1
}
command -v h2load >/dev/null || {
  echo "run.sh: no h2load: apt-get install nghttp2-client" >&2
  exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -keyout "$scratch/key" -out "$scratch/certificate" 2>/dev/null

# Requests of BYTES each over CONNECTIONS with STREAMS of them under way on each.
row() { # NAME SCHEME BYTES CONNECTIONS STREAMS REQUESTS [H2LOAD ARGUMENT...]
  local name=$1 scheme=$2 bytes=$3 connections=$4 streams=$5 requests=$6 port rate count cpu
  shift 6
  head -c "$bytes" /dev/zero | tr '\0' x >"$scratch/body"
  local identity=()
  [ "$scheme" = http ] || identity=("$scratch/certificate" "$scratch/key")
  coproc SERVER { exec "$bench" "${identity[@]}"; }
  read -r port <&"${SERVER[0]}"
  h2load "$@" -n "$requests" -c "$connections" -m "$streams" -d "$scratch/body" \
    "$scheme://127.0.0.1:$port/ingest" >"$scratch/report"
  grep -q "$requests succeeded, 0 failed" "$scratch/report" || {
    cat "$scratch/report" >&2
    exit 1
  }
  rate=$(sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' "$scratch/report")
  eval "exec ${SERVER[1]}>&-"
  read -r count cpu <&"${SERVER[0]}"
  wait "$SERVER_PID" || true
  printf '| %s | %s B | %s × %s | %.0f | %s µs |\n' "$name" "$bytes" "$connections" "$streams" \
    "$rate" "$cpu"
  [ "$count" = "$requests" ]
}

echo "| protocol | body | connections × streams | requests/s | server CPU per request |"
echo "|---|---:|---:|---:|---:|"
for shape in "10000 1 1 10000" "10000 8 1 30000" "10000 64 1 30000" "500000 8 1 3000"; do
  # shellcheck disable=SC2086
  row "HTTP/1.1" http $shape --h1
done
for shape in "10000 1 1 10000" "10000 8 1 30000" "10000 8 8 30000" "500000 8 1 3000"; do
  # shellcheck disable=SC2086
  row "HTTP/2, cleartext" http $shape
done
for shape in "10000 8 1 30000" "500000 8 1 3000"; do
  # shellcheck disable=SC2086
  row "HTTP/1.1 over TLS" https $shape --h1
  # shellcheck disable=SC2086
  row "HTTP/2 over TLS" https $shape
done
