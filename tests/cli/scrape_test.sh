#!/usr/bin/env bash
# usage: scrape_test.sh ANNEAL SOURCE_DIR
# Profiles of a real Go program, scraped into files and into a server.
anneal=$1 source=$2
. "$(dirname "$0")/server.sh"
(cd "$source/tests/cli/pprof_target" && go build -o "$work/target" .) || fail "cannot build the target"
"$work/target" >"$work/target.out" &
started+=($!)
address=$(wait_for_line "$work/target.out" '^127')

expect 0 "$anneal" scrape --target "$address" --service app --once --interval 2s --output-dir "$work/once"
[ "$(ls "$work/once" | wc -l)" = 5 ] || fail "files: $(ls "$work/once")"
for name in process_cpu memory; do
  go tool pprof -top "$work"/once/*_"${name}"_*.pb.gz >"$work/top" 2>&1 || fail "$name: $(cat "$work/top")"
  grep -qE 'main\.' "$work/top" || fail "$name has no function of the program: $(cat "$work/top")"
done

start_server
export ANNEAL_URL=$url
expect 0 "$anneal" scrape --target "$address" --service app --interval 2s --duration 9s
contains "$out" 'memory: pushed'
expect 0 "$anneal" query functions --query='{service_name="app"}' --limit=0
contains "$out" 'main.burn'
expect 0 "$anneal" query functions --query='{service_name="app"}' --limit=0 \
  --profile-type=memory:alloc_space:bytes:space:bytes
contains "$out" 'main.allocate'

# Ctrl-C ends it at once, though a CPU profile is under way.
"$anneal" scrape --target "$address" --service app --interval 60s >/dev/null 2>"$work/scrape.err" &
scrape=$!
wait_for_line "$work/scrape.err" 'until Ctrl-C' >/dev/null
kill -INT "$scrape"
status=0
wait "$scrape" || status=$?
[ "$status" = 130 ] || fail "exit status $status instead of 130"

expect 5 "$anneal" scrape --target 127.0.0.1:1 --service app --once --profiles goroutine
