# For tests of the command line, to be sourced. Makes $work, a directory that is removed at the
# end, and start_server, which sets $url. Whatever was started is ended by its id.
set -euo pipefail
work=$(mktemp -d)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "FAIL: $*" >&2
  exit 1
}
# expect STATUS COMMAND...: runs it, its output in $out, its messages in $err.
expect() {
  local want=$1 status=0
  shift
  "$@" >"$work/out" 2>"$work/err" || status=$?
  out=$(tr -d '\0' <"$work/out") err=$(cat "$work/err")
  [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cut -c1-300 <<<"$*") $out $err"
}
contains() { [[ "$1" == *"$2"* ]] || fail "no '$2' in: $1"; }
# wait_for_line FILE PATTERN: the first line that matches, once there is one.
wait_for_line() {
  for _ in $(seq 600); do
    grep -m1 -E "$2" "$1" 2>/dev/null && return
    sleep 0.1
  done
  fail "no line '$2' in $1: $(cat "$1")"
}
# start_server FLAGS...
start_server() {
  "$anneal" serve --data "$work/data" --listen 127.0.0.1:0 "$@" >"$work/serve.out" 2>"$work/serve.err" &
  started+=($!)
  url=$(wait_for_line "$work/serve.out" 'listening on' | grep -oE 'http://[0-9.:]+')
}
