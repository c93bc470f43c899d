#!/usr/bin/env bash
# usage: edges_test.sh ANNEAL SOURCE_DIR
# Edge for edge: what the Go compiler reads of profiles that were pushed, stored, merged and trimmed
# is what it reads of google/pprof's own merge of the same files.
anneal=$1 source=$2
. "$(dirname "$0")/server.sh"
start_server
export ANNEAL_URL=$url
cd "$work"

profiles=("$source"/tests/corpus/*.cpuprof)
go tool pprof -proto -output=want.pb.gz "${profiles[@]}" >/dev/null 2>&1
go tool preprofile -i want.pb.gz -o want.edges
[ "$(wc -l <want.edges)" -gt 5000 ] || fail "the oracle found only $(wc -l <want.edges) lines of edges"

expect 0 "$anneal" upload "${profiles[@]}" --override-timestamp --extra-labels service_name=compile

edges() { # NAME: of NAME.pgo
  go tool preprofile -i "$1.pgo" -o "$1.edges" || fail "go tool preprofile refuses $1.pgo"
}
same() { # NAME
  edges "$1"
  cmp -s want.edges "$1.edges" || fail "$1: $(diff want.edges "$1.edges" | head -n 8)"
}
query() { # NAME COMMAND [FLAG...]
  local name=$1 command=$2
  shift 2
  expect 0 "$anneal" query "$command" --query='{service_name="compile"}' --to=now+1m \
    --output="pprof=./$name.pgo" "$@"
}

# In samples the weights are google/pprof's, byte for byte.
samples=--profile-type=process_cpu:samples:count:cpu:nanoseconds
query merged merge "$samples"
same merged
query five go-pgo "$samples" --no-aggregate-callees
same five
for keep in full leaf edges; do
  expect 0 "$anneal" pgo go merged.pgo -o "$keep.pgo" --keep "$keep"
  same "$keep"
done

# In nanoseconds each weight is the sampling period times as much: the same edges, the same order.
query time merge
edges time
sed '/^[^ ]* [0-9]*0000000$/s/0000000$//' time.edges | cmp -s - want.edges ||
  fail "in nanoseconds: $(sed '/^[^ ]* [0-9]*0000000$/s/0000000$//' time.edges | diff want.edges - | head -n 8)"

# Pyroscope's default, callees aggregated, costs callers nothing here.
query aggregated go-pgo "$samples"
same aggregated
