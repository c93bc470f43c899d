#!/usr/bin/env bash
# Runs Pyroscope's Python client, from PyPI, against the anneal program given as the first argument.
# The second is a directory where its virtual environment is kept from run to run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
anneal=$1
venv=$2/venv
. "$here/../../cli/server.sh"
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --no-input -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/installed.txt"
fi
start_server
"$venv/bin/python" "$here/client.py" "$url"
