#!/usr/bin/env bash
# Installs what building anneal needs on Debian 12, and Go; does nothing when all is there.
#
# The web page is built by Node.js: one of 18 or newer in PATH will do, else Debian's is installed.
#
# Usage: tools/install_dependencies.sh [build|test]     default: test (which includes build)
#   build  what ./demo and a release build need
#   test   also the second compiler, the test libraries and the oracles of ./test
#
# Runs as root or through sudo. Go comes from PATH when it is 1.21 or newer, else from Debian's
# backports; tools/go_env.sh then asks it for the exact toolchain, which the Go proxy serves.
set -euo pipefail

build_packages=(
  ca-certificates cmake curl dpkg-dev file g++ git libabsl-dev libargon2-dev libboost1.81-dev libbz2-dev libcli11-dev
  libcurl4-openssl-dev libdeflate-dev libfmt-dev liblz4-dev libnghttp2-dev libprotobuf-dev
  libprotozero-dev libre2-dev librocksdb-dev libsnappy-dev libspdlog-dev libssl-dev
  libyaml-cpp-dev libzstd-dev ninja-build nlohmann-json3-dev pkg-config prometheus-cpp-dev
  protobuf-compiler zlib1g-dev
)
test_packages=(
  chromium clang-19 clang-format-19 clang-tidy-19 fonts-dejavu-core libbenchmark-dev libclang-rt-19-dev
  libgmock-dev libgtest-dev lld-19 llvm-19 man-db python3 python3-venv
)
backports_go=golang-1.23-go

say() { echo "install_dependencies: $*" >&2; }
die() {
  say "$*"
  exit 1
}

case "${1:-test}" in
  build) packages=("${build_packages[@]}") ;;
  test) packages=("${build_packages[@]}" "${test_packages[@]}") ;;
  *) die "unknown set '$1': use build or test" ;;
esac

# Pyroscope's Node client is one of the tests; any Node will do, also one that is no package.
[ "${1:-test}" = build ] || command -v npm >/dev/null || packages+=(nodejs npm)

command -v dpkg-query >/dev/null ||
  die "this is no Debian system; install by hand what this file lists, then build with cmake --preset release"

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    die "packages are missing and this is neither root nor is there sudo; as root run: $*"
  fi
}

apt_install() {
  as_root apt-get -qq -o DPkg::Lock::Timeout=120 update >&2 ||
    die "apt-get update failed: check the network and /etc/apt/sources.list"
  as_root apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 --no-install-recommends install "$@" >&2 ||
    die "apt-get could not install: $*"
}

# Only where it is needed: somebody's own newer Node.js must not be replaced.
node_is_new_enough() {
  command -v npm >/dev/null || return 1
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 18 ] 2>/dev/null
}
node_is_new_enough || packages+=(nodejs npm)

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${#missing[@]} packages: ${missing[*]}"
  apt_install "${missing[@]}"
fi

# The bookworm backports are added only when nothing else gives a Go that can fetch toolchains.
. "$(dirname "$0")/go_env.sh"
if ! go_can_switch_toolchains; then
  say "installing Go from Debian's backports ($backports_go)"
  if ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
    echo 'deb http://deb.debian.org/debian bookworm-backports main' |
      as_root tee /etc/apt/sources.list.d/bookworm-backports.list >/dev/null
  fi
  apt_install "$backports_go"
  go_can_switch_toolchains || die "$backports_go is installed, but no Go of 1.21 or newer was found"
fi
use_go || die "Go $GO_VERSION could not be fetched: is the Go proxy (go env GOPROXY) reachable?"
