#!/usr/bin/env bash
# The Go modules that are no oracle of a C++ test: they must vet, and pass their own tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/go_env.sh
use_go
for module in examples/markdown bench/profload; do
  echo "== $module"
  (cd "$module" && go vet ./... && go test ./...)
done
