#!/usr/bin/env bash
# usage: round_trip_test.sh ANNEAL SOURCE_DIR
# Profiles go to a real server and come back as a file that Go's tools take.
anneal=$1 source=$2
. "$(dirname "$0")/server.sh"
start_server
export ANNEAL_URL=$url

profiles=("$source/tests/corpus/bytes.cpuprof" "$source/tests/corpus/crypto%2Fed25519.cpuprof")
expect 0 "$anneal" upload "${profiles[@]}" --override-timestamp --extra-labels service_name=ride-sharing-app
contains "$out" 'bytes.cpuprof: pushed as process_cpu'

cd "$work"
expect 0 "$anneal" query merge --query='{service_name="ride-sharing-app"}' \
  --profile-type="process_cpu:cpu:nanoseconds:cpu:nanoseconds" --from="now-5m" --to="now" \
  --output=pprof=./default.pgo
contains "$err" 'next: go build -pgo=./default.pgo'

# All of the time that went in comes out, and the compiler's reader finds edges in it.
total() { go tool pprof -sample_index=cpu -unit=ns -top "$@" 2>/dev/null | grep -oE 'of [0-9]+ns total' | head -1; }
go tool pprof -proto -output="$work/want.pb.gz" "${profiles[@]}" >/dev/null 2>&1
[ -n "$(total default.pgo)" ] || fail "go tool pprof cannot read default.pgo"
[ "$(total default.pgo)" = "$(total "$work/want.pb.gz")" ] ||
  fail "total $(total default.pgo) instead of $(total "$work/want.pb.gz")"
go tool preprofile -i default.pgo -o edges || fail "go tool preprofile refuses default.pgo"
[ "$(wc -l <edges)" -gt 100 ] || fail "only $(wc -l <edges) lines of edges"

expect 1 "$anneal" query merge --query='{service_name="ride-sharing-app"}' --output=pprof=./default.pgo
contains "$err" '--force overwrites it'
expect 0 "$anneal" query go-pgo --query='{service_name="ride-sharing-app"}' --no-aggregate-callees \
  --output=pprof=./trimmed.pgo
expect 1 "$anneal" query merge --query='{service_name="nobody"}' --output=pprof=./empty.pgo
contains "$err" 'services in this window: ride-sharing-app'
[ ! -e empty.pgo ] || fail "an empty file was written"

expect 0 "$anneal" query label-values service_name
[ "$out" = ride-sharing-app ] || fail "label values: $out"
expect 0 "$anneal" query profile-types
contains "$out" 'process_cpu:cpu:nanoseconds:cpu:nanoseconds'
expect 0 "$anneal" query series --label-names=service_name
[ "$out" = '{service_name="ride-sharing-app"}' ] || fail "series: $out"
expect 0 "$anneal" query top
contains "$out" '{service_name="ride-sharing-app"}'
expect 0 "$anneal" query functions --limit=5
contains "$err" 'showing 5 of'

# Pushed twice it is the same profile, stored once.
for _ in 1 2; do expect 0 "$anneal" upload default.pgo --extra-labels service_name=twice; done
expect 0 "$anneal" query merge --query='{service_name="twice"}' --to=now+1m --output=pprof=./twice.pgo
[ "$(total twice.pgo)" = "$(total default.pgo)" ] || fail "pushed twice: $(total twice.pgo)"

kill "${started[0]}" && wait "${started[0]}" || fail "the server did not end in order"
expect 5 "$anneal" query merge
contains "$err" "$url"
