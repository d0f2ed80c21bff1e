"""What the self-checks share: commands, containers, and a runner's side of the coordinator."""

import json
import os
import secrets
import subprocess

from client import Client, control

DOCKER = "/usr/bin/docker"
RUNNER = os.environ.get("BENCH_RUNNER_TOKEN", "")
PERSONAL = os.environ.get("BENCH_GITLAB_TOKEN", "")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def run(*command, ok=True, input=None, env=None, timeout=60):
    """Runs a command; its output, both streams. `ok` says whether it must succeed (None: either)."""
    done = subprocess.run(command, input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                          env={**os.environ, **(env or {})})
    output = done.stdout.decode(errors="replace")
    if ok is not None and (done.returncode == 0) != ok:
        raise AssertionError(f"{' '.join(command)[:200]}: exit {done.returncode}: {output[-600:]}")
    return output


def docker(*arguments, **options):
    return run(DOCKER, *arguments, **options)


def container(image, *command, **options):
    """Runs a command in a container that is gone afterwards."""
    return docker("run", "--rm", image, *command, **options)


def random_name(prefix):
    return f"{prefix}-{secrets.token_hex(4)}"


class Bench:
    """The bench under check, as its user sees it."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory

    def __call__(self, *arguments, **options):
        return run(self.program, *arguments, **options)

    def path(self, name):
        return os.path.join(self.directory, name)

    def journal(self, name):
        return [json.loads(line) for line in self("log", name).splitlines()]


class RunningJob:
    """A job that this check has taken, with a runner token of its own."""

    def __init__(self, **spec):
        token = random_name("glrt-check-0123456789")
        control("POST", "runners", {"token": token})
        spec.setdefault("project", f"check/{random_name('project')}")
        posted = control("POST", "jobs", {"script": ["true"], **spec, "runner": token})
        self.client = Client()
        self.payload = self.client.call("POST", "/api/v4/jobs/request", {"token": token}).json()
        expect(self.payload["id"] == posted["id"], "another job was handed out")
        self.number, self.token, self.url = posted["id"], posted["token"], self.payload["git_info"]["repo_url"]

    def call(self, method, path, body=None, headers=None):
        return self.client.call(method, f"/api/v4/jobs/{self.number}{path}", body, {"JOB-TOKEN": self.token, **(headers or {})})

    def patch(self, start, text):
        return self.call("PATCH", "/trace", text, {"Content-Range": f"{start}-{start + len(text) - 1}"})

    def put(self, state, **more):
        return self.call("PUT", "", {"token": self.token, "state": state, **more})

    def state(self):
        return control("GET", f"jobs/{self.number}")
