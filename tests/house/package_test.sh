#!/usr/bin/env bash
# Installs a build into a folder and packs the .deb; both must hold what users expect, and run.
#
# Usage: tests/house/package_test.sh BUILD_DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(cd "${1:?usage: package_test.sh BUILD_DIRECTORY}" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
  echo "package_test: $*" >&2
  exit 1
}

# What every installation must hold, below its prefix.
expected=(
  bin/anneal
  share/bash-completion/completions/anneal
  share/zsh/vendor-completions/_anneal
  share/fish/vendor_completions.d/anneal.fish
  share/man/man1/anneal.1
  share/doc/anneal/README.md
  share/doc/anneal/ARCHITECTURE.md
  share/doc/anneal/CHANGELOG.md
  share/doc/anneal/copyright
  share/doc/anneal/deploy/grafana-dashboard.json
  share/doc/anneal/deploy/alerts.yaml
  lib/systemd/system/anneal.service
  lib/sysusers.d/anneal.conf
  share/doc/anneal/examples/markdown/main.go
)

try_tree() { # PREFIX
  local file
  for file in "${expected[@]}"; do
    [ -e "$1/$file" ] || [ -e "$1/$file.gz" ] || fail "$1 has no $file"
  done
  "$1/bin/anneal" --version | grep -q . || fail "anneal --version prints nothing"
  "$1/bin/anneal" --help | grep -q 'anneal serve' || fail "anneal --help does not name serve"
  "$1/bin/anneal" doctor >/dev/null || fail "anneal doctor fails"
  bash -n "$1/share/bash-completion/completions/anneal" || fail "the completion is no bash"
  man -l "$1"/share/man/man1/anneal.1* >"$scratch/man.txt" 2>"$scratch/man.err" || fail "man cannot show the page"
  [ ! -s "$scratch/man.err" ] || fail "man warns: $(head -n 3 "$scratch/man.err")"
  grep -q SYNOPSIS "$scratch/man.txt" || fail "the man page has no SYNOPSIS"
}

cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
try_tree "$scratch/prefix"
[ -z "$(find "$scratch/prefix" -name 'default.pgo*' -o -name .anneal)" ] || fail "results of runs are installed"

(cd "$scratch" && cpack --config "$build/CPackConfig.cmake" -B "$scratch/deb" >"$scratch/cpack.log" 2>&1) || {
  cat "$scratch/cpack.log"
  fail "cpack failed"
}
packages=("$scratch"/deb/*.deb)
[ ${#packages[@]} = 1 ] || fail "expected one .deb, got: ${packages[*]}"
package=${packages[0]}
depends=$(dpkg-deb -f "$package" Depends)
for library in libc6 librocksdb libssl libre2; do
  [[ $depends == *$library* ]] || fail "the .deb does not depend on $library: $depends"
done
[ "$(dpkg-deb -f "$package" Architecture)" = "$(dpkg --print-architecture)" ] || fail "wrong architecture"
dpkg-deb -x "$package" "$scratch/root"
try_tree "$scratch/root/usr"
# So that a server's profiles of itself have names.
nm -C "$scratch/root/usr/bin/anneal" >"$scratch/names.txt" 2>&1 || true
grep -q 'anneal::EmbeddedStore::Merge(' "$scratch/names.txt" || fail "the packed program has no names of functions"
readelf -SW "$scratch/root/usr/bin/anneal" >"$scratch/sections.txt"
! grep -q '\.debug_info' "$scratch/sections.txt" || fail "the packed program has what only debuggers read"
stray=$(cd "$scratch/root" && find . -type f ! -path './usr/*')
[ -z "$stray" ] || fail "files outside /usr: $stray"
cp "$package" "$build/"
echo "package_test: $(basename "$package"), $(du -k "$package" | cut -f 1) KiB, depends: $depends"
