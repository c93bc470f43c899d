#!/usr/bin/env bash
# Two short turns of the loop on examples/markdown, and what must then be there.
#
# Usage: tests/loop/loop_test.sh ANNEAL
# How much faster the candidate is depends on the machine; that the report, the exit status and the
# files agree with each other does not, and is what is tested.
set -euo pipefail
cd "$(dirname "$0")/../.."
anneal=$(realpath "${1:?usage: loop_test.sh ANNEAL}")
. tools/go_env.sh
use_go

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r examples/markdown "$scratch/markdown"
cd "$scratch/markdown"
rm -rf .anneal default.pgo* markdown main # leftovers of the README's tour
sed -i 's/warm_up: .*/warm_up: 1s/; s/rounds: .*/rounds: 2/
  s/round: .*/round: 6s/; s/time: .*/time: 10s/' anneal.yaml

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

echo "== wrong configs are usage errors"
status=0
"$anneal" loop --config none.yaml 2>err || status=$?
[ "$status" = 2 ] || fail "no config: exit $status, not 2"
grep -q 'none.yaml' err || fail "the error does not name the file: $(cat err)"
"$anneal" loop --dry-run | grep -q 'service markdown' || fail "--dry-run says nothing of the service"

echo "== two turns"
status=0
# From elsewhere: the config's paths are relative to the config.
(cd "$scratch" && "$anneal" loop --config markdown/anneal.yaml --iterations 2 --json) \
  >report.json 2>progress || status=$?
cat progress
[ "$(grep -c 'published to http' progress)" = 2 ] || fail "the turns were not published"
python3 - "$status" <<'END' || fail "the report is not consistent, see above"
import json, os, sys
status = int(sys.argv[1])
report = json.load(open("report.json"))
turns = report["turns"]
assert len(turns) == 2, turns
for turn in turns:
    assert turn["profiling"]["requests"] > 50 and turn["profiling"]["failed_requests"] == 0, turn["profiling"]
    assert turn["profile"]["samples"] > 100 and turn["profile"]["hot_edges"] > 10, turn["profile"]
    assert turn["decisions"]["inlined"] > 0 and turn["decisions"]["devirtualised"] > 0, turn["decisions"]
    assert turn["candidate"]["pgo_setting"] == turn["candidate"]["pgo"], turn["candidate"]
    assert 0 < turn["candidate"]["artefact_bytes"] < turn["candidate"]["profile_bytes"], turn["candidate"]
    verdict = turn["verdict"]
    assert verdict["blocks"] > 5, verdict
    assert verdict["candidate"]["low"] <= verdict["candidate"]["ratio"] <= verdict["candidate"]["high"], verdict
    assert not turn["kept"] or verdict["outcome"] == "gain", turn
    assert json.load(open(verdict["record"]))["version"] == 1
    assert open(verdict["plot"]).read().startswith(("<svg", "<?xml"))
assert turns[0]["baseline"]["pgo"] == "off"
assert len(turns[0]["decisions"]["gained"]) == turns[0]["decisions"]["inlined"] + turns[0]["decisions"]["devirtualised"]
kept = any(turn["kept"] for turn in turns)
assert os.path.exists("default.pgo") == kept, (kept, os.listdir("."))
if turns[0]["kept"]:
    assert turns[1]["baseline"]["pgo"].endswith("/default.pgo"), turns[1]["baseline"]
    assert turns[1]["profile"]["hot_overlap_share"] > 0.3, turns[1]["profile"]
ruling = turns[1]["verdict"]["ruling"]
assert status == {"pass": 0, "no-gain": 3, "regression": 4, "invalid": 1}[ruling], (status, ruling)
END

echo "== the compiler takes the artefact, and the binary says so"
go tool preprofile -i .anneal/turn1.pgo -o pre
[ "$(head -n 1 pre)" = "GO PREPROFILE V1" ] || fail "preprofile: $(head -n 1 pre)"
[ "$(wc -l <pre)" -gt 30 ] || fail "only $(wc -l <pre) lines of edges"
go version -m .anneal/turn1-candidate | grep -q -- '-pgo=.*turn1.pgo' || fail "no -pgo in the binary"
go version -m .anneal/turn1-baseline | grep -q -- '-pgo=' && fail "-pgo in the baseline"
echo "ok"
