"""Repositories: requests and time of `bootstrap-repo`, and of `template check` over a thousand of them, against a stand-in for GitLab
whose answers take as long as those of a real one across a network."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

from process import PATH, Failed
from rounds import median
from table import Row

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "glpat-bench-0123456789ab"
# Of one answer, and how many repositories are looked at.
LATENCY_MS, REPOSITORIES = 100, 1000
ORDER = """project: aws-app/%s
kind: nodejs
description: A benchmark
owner: group:default/bench
inputs: {production: true}
variables:
  - {key: AWS_ACCOUNT, value: "012345678901"}
  - {key: AWS_DEFAULT_REGION, value: eu-west-1}
  - {key: ECR_REGISTRY, value: 012345678901.dkr.ecr.eu-west-1.amazonaws.com}
  - {key: ECR_REPO, value: bench}
environments: [{name: dev-ecs}, {name: prod-ecs, protected: true}]
allow_job_tokens_of: [platform/pipeline-templates]
webhooks: [{url: "https://hooks.example/x"}]
badges: [{name: pipeline, link: "https://gitlab.example/x", image: "https://gitlab.example/x.svg"}]
"""


class Hub:
    """The stand-in on a port of its own."""

    def __init__(self, stand):
        self.directory = os.path.join(stand.directory, "hub")
        self.program = stand.program
        os.makedirs(self.directory)
        self.rules([])
        command = [sys.executable, "-B", "-u", os.path.join(ROOT, "tests", "bench", "gitlab.py"), "--listen", "127.0.0.1:0",
                   "--directory", os.path.join(self.directory, "world"), "--rules", os.path.join(self.directory, "rules.json"),
                   "--journal", os.path.join(self.directory, "journal")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()
        self.control("groups", {"path": "platform", "visibility": "internal"})
        self.run("template", "publish")

    def rules(self, rules):
        path = os.path.join(self.directory, "rules.json")
        with open(path + ".new", "w") as file:
            json.dump(rules, file)
        os.replace(path + ".new", path)

    def control(self, path, body):
        request = urllib.request.Request(f"{self.url}/_bench/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def run(self, *words, codes=(0,)):
        environment = {"PATH": PATH, "HOME": self.directory, "NO_COLOR": "1", "GITLAB_TOKEN": TOKEN, "CI_SERVER_URL": self.url}
        begun = time.monotonic()
        done = subprocess.run([self.program, *words], env=environment, capture_output=True, text=True)
        took = time.monotonic() - begun
        if done.returncode not in codes:
            raise Failed(f"`{' '.join(words)}` ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
        return took, done.stdout

    def asked(self):
        """Requests since the last look."""
        path = os.path.join(self.directory, "journal")
        with open(path) as file:
            lines = [json.loads(line) for line in file]
        os.truncate(path, 0)
        return lines

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def repositories(stand, rounds):
    hub = Hub(stand)
    try:
        return [*bootstrapped(hub, stand, rounds), *checked(hub, stand)]
    finally:
        hub.end()


def bootstrapped(hub, stand, rounds):
    first, second, shares = [], [], []
    for number in range(rounds):
        order = os.path.join(hub.directory, "order.yaml")
        with open(order, "w") as file:
            file.write(ORDER % f"bench-{number}")
        hub.asked()
        hub.rules([{"match": "/api/v4/", "delay_ms": LATENCY_MS}])
        took, _ = hub.run("bootstrap-repo", "--from", order)
        asked = hub.asked()
        first.append(len(asked))
        shares.append(took * 1000 / sum(one["ms"] for one in asked))
        hub.run("bootstrap-repo", "--from", order)
        asked = hub.asked()
        second.append(len(asked))
        if any(one["method"] not in ("GET", "HEAD") for one in asked):
            raise Failed("a second run wrote something")
        hub.rules([])
    stand.detail["bootstrap of one repository"] = {"requests": first, "of a second run": second, "time / latency of its requests": shares}
    return [Row("bootstrap of one repository", median(first), "requests", bar=25),
            Row("its time, against the latency of its requests", median(shares), "x", bar=1.2),
            Row("a second run", median(second), "requests", bar=12)]


def checked(hub, stand):
    lock = json.loads(hub.run("bootstrap-repo", "aws-app/first", "--kind", "nodejs", "--owner", "bench", "--json")[1])
    files = {}
    for path in (".baws/templates.lock.yaml", ".gitlab-ci.yml", "Dockerfile", ".dockerignore", ".gitignore"):
        encoded = path.replace("/", "%2F")
        url = f"{hub.url}/api/v4/projects/{lock['project']['id']}/repository/files/{encoded}/raw?ref=main"
        with urllib.request.urlopen(urllib.request.Request(url, headers={"PRIVATE-TOKEN": TOKEN})) as answer:
            files[path] = answer.read().decode()
    for number in range(REPOSITORIES - 1):
        path = f"aws-app/fleet-{number}"
        hub.control("projects", {"path": path, "files": files})
        hub.control("project", {"path": path, "topics": ["baws-managed"]})
    hub.asked()
    took, _ = hub.run("template", "check", "--group", "aws-app", codes=(0, 14))
    asked = hub.asked()
    looked = [one for one in asked if "/repository/" in one["path"] and "aws-app" in str(one.get("project"))]
    count = len({one["project"] for one in looked})
    stand.detail["check of a thousand repositories"] = {"repositories": count, "requests": len(asked), "in repositories": len(looked), "s": took}
    return [Row(f"drift check of {count} repositories", median([len(looked) / count]), "requests each", bar=2),
            Row("all its requests", median([len(asked)]), "requests"), Row("its time, where GitLab answers at once", median([took]), "s")]
