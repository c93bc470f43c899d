#!/usr/bin/env bash
# Runs Pyroscope's Node client, from npm, against the anneal program given as the first argument. The
# second is a directory where it is installed; no scripts of packages are run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
anneal=$1
. "$here/../../cli/server.sh"
mkdir -p "$2"
if ! cmp -s "$here/package-lock.json" "$2/installed.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$2"
  (cd "$2" && npm ci --ignore-scripts --silent --no-audit --no-fund)
  cp "$here/package-lock.json" "$2/installed.json"
fi
start_server
NODE_PATH=$2/node_modules node "$here/client.js" "$url"
