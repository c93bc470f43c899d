#!/usr/bin/env bash
# Runs every fuzz target of a build for a bounded time, two at once.
#
# Usage: tools/fuzz.sh DIRECTORY [SECONDS]      SECONDS: for all of them together, default 60
# Each starts from fuzz/corpus/<target> where there is one. An input that crashes is kept in
# DIRECTORY/findings and its path printed; run the target on that path to see it again.
set -uo pipefail
directory=${1:?usage: tools/fuzz.sh DIRECTORY [SECONDS]}
seconds=${2:-60}
root=$(cd "$(dirname "$0")/.." && pwd)
mapfile -t targets < <(find "$directory" -maxdepth 1 -type f -name '*_fuzz' -perm -u+x | sort)
[ ${#targets[@]} -gt 0 ] || {
  echo "fuzz.sh: no *_fuzz in $directory: cmake --preset fuzz && cmake --build --preset fuzz" >&2
  exit 1
}
each=$((2 * seconds / ${#targets[@]}))
[ "$each" -ge 5 ] || each=5
mkdir -p "$directory/findings"

fuzz_one() { # TARGET
  local name corpus=()
  name=$(basename "$1")
  mkdir -p "$directory/work/$name"
  corpus+=("$directory/work/$name") # what it learns goes here, not into the checkout
  [ ! -d "$root/fuzz/corpus/$name" ] || corpus+=("$root/fuzz/corpus/$name")
  if "$1" -max_total_time="$each" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$directory/findings/$name-" "${corpus[@]}" >"$directory/$name.log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$directory/$name.log") inputs in $each s"
  else
    echo "$name: FAILED"
    tail -n 40 "$directory/$name.log"
    return 1
  fi
}
export -f fuzz_one
export directory root each
printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P 2 bash -c 'fuzz_one "$1"' _
