#!/usr/bin/env python3
"""What is in deploy/ fits the program: the dashboard's and the rules' metrics are there, with their
labels; the unit is one that systemd takes, and starts what exists; the documents name real settings.

usage: deploy_test.py ANNEAL SOURCE_DIR
"""
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

anneal, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
failures = []


def check(holds, message):
    if not holds:
        failures.append(message)


def read(*parts):
    with open(os.path.join(source, *parts), encoding="utf-8") as file:
        return file.read()


class Down(http.server.BaseHTTPRequestHandler):
    """A scrape target that fails: its metrics are there all the same."""

    def do_GET(self):
        self.send_error(500)

    def log_message(self, *_):
        pass


def metrics_of_a_server(work):
    """/metrics of a server on which everything has happened once."""
    target = http.server.HTTPServer(("127.0.0.1", 0), Down)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    with open(work + "/config.yaml", "w", encoding="utf-8") as file:
        file.write(
            f"listen: 127.0.0.1:0\ndata: {work}/data\nauth: {{tokens: {work}/tokens}}\n"
            "scrape:\n  - job: app\n    interval: 1s\n"
            f"    targets: ['127.0.0.1:{target.server_port}']\n"
        )
    token = subprocess.run(
        [anneal, "token", "all", "--rights", "read,write", "--file", work + "/tokens"],
        check=True, capture_output=True, text=True).stdout.strip()
    server = subprocess.Popen([anneal, "serve", "--config", work + "/config.yaml"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = re.search(r"http://[0-9.:]+", server.stdout.readline()).group()

        def call(path, body=None, authorization="Bearer " + token):
            request = urllib.request.Request(url + path, data=body,
                                             headers={"Authorization": authorization})
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.read().decode()

        call("/ingest?name=app", b"main 1\n")
        call("/ingest?name=app", b"\x00")
        call("/metrics", authorization="Bearer nobody.nothing")
        for _ in range(600):
            text = call("/metrics")
            if "anneal_scrape_errors_total{" in text and "anneal_retention_runs_total{" in text:
                return text
            time.sleep(0.1)
        sys.exit("the server never scraped or looked for old profiles")
    finally:
        server.terminate()
        server.wait()
        target.shutdown()


def known(metrics):
    """Label names by metric, as PromQL names them."""
    labels = {}
    for line in metrics.splitlines():
        if line.startswith("#"):
            continue
        match = re.match(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ", line)
        names = set(re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="', match.group(2) or ""))
        # Prometheus renames what collides with its own.
        names |= {"exported_" + name for name in names & {"job", "instance"}}
        labels.setdefault(match.group(1), set()).update(names)
    return labels


# What Prometheus itself adds.
ADDED = {"job", "instance"}


def check_expression(where, expression, labels):
    for name, matchers in re.findall(r"\b((?:anneal|process)_[a-z_]+)(?:\{([^}]*)\})?", expression):
        check(name in labels, f"{where}: there is no metric {name}")
        for label in re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", matchers or ""):
            check(label in labels.get(name, set()) | ADDED, f"{where}: {name} has no label {label}")
    every = set().union(*labels.values()) | ADDED
    for group in re.findall(r"\bby \(([^)]*)\)", expression):
        for label in re.split(r",\s*", group):
            check(label in every, f"{where}: there is no label {label}")


def check_dashboard(labels):
    dashboard = json.loads(read("deploy", "grafana-dashboard.json"))
    panels = dashboard["panels"]
    check(len({panel["id"] for panel in panels}) == len(panels), "panels share ids")
    expressions = 0
    for panel in panels:
        for target in panel.get("targets", []):
            expressions += 1
            check_expression("dashboard, " + panel["title"], target["expr"], labels)
    check(expressions > 20, "the dashboard is nearly empty")
    for variable in dashboard["templating"]["list"]:
        check_expression("dashboard, variable", variable.get("definition", ""), labels)


def check_alerts(labels):
    text = read("deploy", "alerts.yaml")
    names = re.findall(r"- alert: (\w+)", text)
    expressions = re.findall(r"^ +expr: (.+)$", text, re.M)
    check(len(names) == len(expressions) > 5, "alerts.yaml: every alert has an expr of one line")
    for name, expression in zip(names, expressions):
        check_expression(name, expression, labels)
        check(name in read("docs", "guide", "operate.md"), f"operate.md does not explain {name}")


def check_unit(work):
    unit = read("deploy", "anneal.service")
    check("ExecReload=kill -HUP $MAINPID" in unit, "the unit does not reload by SIGHUP")
    verify = shutil.which("systemd-analyze")
    if not verify:
        print("no systemd-analyze: the unit is not verified")
        return
    # The program and its page are not installed here.
    unit = unit.replace("ExecStart=anneal", "ExecStart=" + anneal).replace("Documentation=man:anneal(1)\n", "")
    path = work + "/anneal.service"
    with open(path, "w", encoding="utf-8") as file:
        file.write(unit)
    run = subprocess.run([verify, "verify", path], capture_output=True, text=True)
    said = [line for line in run.stderr.splitlines() if path in line or "anneal.service:" in line]
    check(not said, "systemd-analyze verify: " + "\n".join(said))
    run = subprocess.run([verify, "security", "--offline=yes", "--threshold=30", path],
                         capture_output=True, text=True)
    check(run.returncode == 0, "the unit is not hardened: " + (run.stdout + run.stderr)[-400:])


def check_settings_in_documents():
    settings = {s["name"] for s in json.loads(subprocess.run(
        [anneal, "doctor", "--json", "--listen", "127.0.0.1:0"], capture_output=True, text=True,
    ).stdout)["settings"]}
    groups = {name.split(".")[0] for name in settings if "." in name}
    for document in ("operate.md", "migrate.md", "auth.md"):
        text = read("docs", "guide", document)
        for name in re.findall(r"`([a-z_]+\.[a-z_]+)(?:: [^`]*)?`", text):
            if name.split(".")[0] in groups and not name.endswith((".md", ".json", ".yaml")):
                # The left column of migrate.md's table holds Pyroscope's names.
                ours = name in settings or re.search(rf"^\| `{name}`", text, re.M)
                check(ours, f"{document} names {name}, which is no setting")


def main():
    with tempfile.TemporaryDirectory() as work:
        labels = known(metrics_of_a_server(work))
        check_dashboard(labels)
        check_alerts(labels)
        check_unit(work)
        check_settings_in_documents()
    for failure in failures:
        print("FAIL:", failure)
    sys.exit(1 if failures else 0)


main()
