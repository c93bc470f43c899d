#!/usr/bin/env bash
# Compares anneal's profile module with github.com/google/pprof on tests/corpus: CPU time per
# profile, one thread each, the two taking turns so that a noisy machine disturbs both alike.
#
# Usage: bench/profile/run.sh [ROUNDS] [SECONDS]   default: 5 rounds of 0.5 s a measurement
# Prints the median of the rounds in microseconds, and the ratio.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5}
seconds=${2:-0.5}

# shellcheck source=tools/go_env.sh
. tools/go_env.sh
use_go
cmake --preset bench >/dev/null
cmake --build --preset bench --target profile_bench >&2
bin=$(pwd)/build/bench/bench
(cd tests/oracle && go build -o "$bin/oracle" .)

results=$(mktemp)
trap 'rm -f "$results"' EXIT
for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds" >&2
  "$bin/profile_bench" --benchmark_min_time="$seconds" --benchmark_format=csv 2>/dev/null |
    sed -n 's/"//g; /^name/!p' | awk -F, '{ print "anneal", $1, $4 / $NF }' >>"$results"
  "$bin/oracle" bench "$seconds" tests/corpus | sed 's/^/pprof /' >>"$results"
done

python3 - "$results" <<'EOF'
import statistics, sys

times = {}
for line in open(sys.argv[1]):
    who, what, ns = line.split()
    times.setdefault(what, {}).setdefault(who, []).append(float(ns) / 1000)
print(f"{'µs of CPU per profile':24}{'anneal':>10}{'google/pprof':>14}{'ratio':>8}")
for what, by in times.items():
    anneal = statistics.median(by["anneal"])
    if "pprof" in by:
        pprof = statistics.median(by["pprof"])
        print(f"{what:24}{anneal:10.1f}{pprof:14.1f}{pprof / anneal:8.1f}")
    else:
        print(f"{what:24}{anneal:10.1f}")
EOF
