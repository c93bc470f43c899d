#!/usr/bin/env bash
# Runs clang-tidy over every source file under src/ (tests apart), two at once.
#
# Usage: tools/tidy.sh BUILD_DIRECTORY      one configured with clang, as by cmake --preset asan
set -euo pipefail
build=${1:?usage: tools/tidy.sh BUILD_DIRECTORY}
cd "$(dirname "$0")/.."
# What the sources include and the build makes: precompiled and generated headers.
ninja -C "$build" -t targets all | sed -nE 's/^(.*(\.hxx\.pch|\.pb\.h)): .*/\1/p' |
  xargs -r ninja -C "$build"
git ls-files -z 'src/*.cc' ':!src/*_test.cc' |
  xargs -0 -n 4 -P 2 clang-tidy-19 --quiet -p "$build" 2>&1 |
  { grep -vE '^([0-9]+ warnings( and [0-9]+ errors?)? generated\.|\[[0-9]+/[0-9]+\] Processing file .*)$' || true; }
