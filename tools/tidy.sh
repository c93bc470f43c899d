#!/usr/bin/env bash
# Runs clang-tidy over every source file under src/ (tests apart), two at once.
#
# Usage: tools/tidy.sh BUILD_DIRECTORY      one configured with clang, its precompiled headers built
set -euo pipefail
build=${1:?usage: tools/tidy.sh BUILD_DIRECTORY}
cd "$(dirname "$0")/.."
git ls-files -z 'src/*.cc' ':!src/*_test.cc' |
  xargs -0 -n 4 -P 2 clang-tidy-19 --quiet -p "$build" 2> >(grep -v 'warnings generated' >&2)
