"""Profiles itself with Pyroscope's client until the server given as the argument has its functions."""

import json
import sys
import time
import urllib.request

import pyroscope

SERVICE = "compat.python"
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
url = sys.argv[1]


def call(method, **request):
    now = int(time.time())
    request.update(start=(now - 3600) * 1000, end=(now + 60) * 1000)
    answer = urllib.request.urlopen(
        urllib.request.Request(
            f"{url}/querier.v1.QuerierService/{method}",
            data=json.dumps(request).encode(),
            headers={"Content-Type": "application/json"},
        ),
        timeout=30,
    )
    return json.load(answer)


def label_values(name):
    selector = '{service_name="%s"}' % SERVICE
    return call("LabelValues", name=name, matchers=[selector]).get("names", [])


def functions():
    selector = '{service_name="%s",region="eu"}' % SERVICE
    answer = call("SelectMergeStacktraces", profileTypeID=CPU, labelSelector=selector)
    return answer.get("flamegraph", {}).get("names", [])


def burn_the_processor():
    end = time.monotonic() + 0.3
    count = 0
    while time.monotonic() < end:
        count += sum(i * i for i in range(1000))
    return count


def missing():
    """What the server does not have yet, or nothing."""
    if CPU not in label_values("__profile_type__"):
        return f"profile types are {label_values('__profile_type__')}"
    names = functions()
    if not any("burn_the_processor" in name for name in names):
        return f"functions are {names}"
    with_tag = call(
        "SelectMergeStacktraces", profileTypeID=CPU, labelSelector='{service_name="%s",part="tagged"}' % SERVICE
    )
    if not any("burn_the_processor" in name for name in with_tag.get("flamegraph", {}).get("names", [])):
        return "no samples of the tagged part"
    return None


pyroscope.configure(
    application_name=SERVICE,
    server_address=url,
    sample_rate=100,
    upload_interval=1,
    tags={"region": "eu"},
)
deadline = time.monotonic() + 120
while True:
    burn_the_processor()
    with pyroscope.tag_wrapper({"part": "tagged"}):
        burn_the_processor()
    wrong = missing()
    if wrong is None:
        break
    if time.monotonic() > deadline:
        sys.exit(f"client.py: {wrong}")
pyroscope.shutdown()
print("all found")
