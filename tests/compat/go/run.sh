#!/usr/bin/env bash
# Runs Pyroscope's Go clients against the anneal program given as the argument.
set -euo pipefail
cd "$(dirname "$0")"
. ../../../tools/go_env.sh
use_go
go vet ./...
ANNEAL_BINARY=$1 go test -count=1 ./...
