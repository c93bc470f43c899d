#!/usr/bin/env bash
# usage: auth_test.sh ANNEAL SOURCE_DIR
# Tokens made by the command let in by the server; SIGHUP reads them anew; no secret is told.
anneal=$1 source=$2
. "$(dirname "$0")/server.sh"
tokens=$work/tokens
"$anneal" token ci --rights write --file "$tokens" >"$work/ci"
"$anneal" token ann --rights read --file "$tokens" >"$work/ann"
start_server --auth-tokens "$tokens"
server=${started[-1]}
export ANNEAL_URL=$url
profile=$source/tests/corpus/bytes.cpuprof

expect 1 "$anneal" upload "$profile"
contains "$err" 'no credentials'
expect 1 "$anneal" upload "$profile" --token-file "$work/ann"
contains "$err" 'right to write'
expect 0 "$anneal" upload "$profile" --override-timestamp --token-file "$work/ci"
expect 0 env ANNEAL_TOKEN="$(cat "$work/ann")" "$anneal" query profile-types
contains "$out" 'process_cpu'
secret=$(cut -d . -f 2- "$work/ann")
expect 0 env ANNEAL_USERNAME=ann ANNEAL_PASSWORD="$secret" "$anneal" query profile-types

# A bad file changes nothing; a good one does.
cp "$tokens" "$work/good"
echo 'eve:hunter2:read' >>"$tokens"
kill -HUP "$server"
wait_for_line "$work/serve.err" 'token file is bad.*line 3' >/dev/null
expect 0 "$anneal" query profile-types --token-file "$work/ann"
grep -v '^ann:' "$work/good" >"$tokens"
kill -HUP "$server"
wait_for_line "$work/serve.err" 'tokens read anew' >/dev/null
expect 1 "$anneal" query profile-types --token-file "$work/ann"
contains "$err" 'not known'

kill "$server"
wait "$server" || fail "the server ended with $?"
for told in "$secret" hunter2 "$(cut -d . -f 2- "$work/ci")"; do
  ! grep -qF -- "$told" "$work/serve.err" "$work/serve.out" "$tokens" || fail "a secret is told"
done
expect 0 "$anneal" doctor --data "$work/data" --listen 127.0.0.1:0 --auth-tokens "$tokens"
contains "$out" '1 tokens in'
expect 0 "$anneal" doctor --data "$work/data" --listen :0
contains "$out" 'everybody who reaches'
echo ok
