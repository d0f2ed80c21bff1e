"""The trivial job, clone included: by the stages of the executor, and by the plain Docker client."""

import itertools
import os
import time

from attempt import trivial_scripts, wrapped
from process import PATH, call
from rounds import alternate, median, ratio
from table import Row

DOCKER = "/usr/bin/docker"  # Debian's own; another one may stand earlier on PATH
HELPER, BUILD = "baws-ci/helper:1", "bench/busybox:1"


class Stages:
    """A job as gitlab-runner calls the executor for it; keeps how long each stage took."""

    def __init__(self, stand, config, payload):
        self.stand, self.config, self.payload = stand, config, payload
        self.took = {}

    def __call__(self):
        attempt = self.stand.attempt(self.config, self.payload)
        begun = time.monotonic()
        for stage in ("config", "prepare"):
            self.note(attempt.start(stage).end())
        for stage, body in trivial_scripts(self.payload):
            self.note(attempt.start_run(stage, body).end())
        self.note(attempt.start("cleanup").end())
        seconds = time.monotonic() - begun
        attempt.forget()
        return seconds

    def note(self, ended):
        ended.succeeded()
        self.took.setdefault(ended.name, []).append(ended.seconds)


class Client:
    """The same job by hand: two containers, `docker exec` a stage."""

    def __init__(self, payload, variables):
        self.payload, self.variables = payload, variables
        self.numbers = itertools.count(1)
        self.environment = {"PATH": PATH, "HOME": "/root", "DOCKER_HOST": os.environ["DOCKER_HOST"]}
        self.docker("volume", "create", "peer-cache")

    def docker(self, *words, stdin=b""):
        call(f"docker {words[0]}", [DOCKER, *words], self.environment, stdin=stdin)

    def __call__(self):
        number = next(self.numbers)
        helper, build, builds = f"peer-{number}-helper", f"peer-{number}-build", f"peer-{number}-builds"
        volumes = ["-v", f"{builds}:/builds", "-v", "peer-cache:/cache"]
        begun = time.monotonic()
        self.docker("volume", "create", builds)
        self.docker("run", "-d", "--name", helper, *volumes, HELPER, "sleep", "3600")
        self.docker("run", "-d", "--name", build, "--network", f"container:{helper}", *volumes, BUILD, "sleep", "3600")
        for stage, body in trivial_scripts(self.payload):
            container, shell = (build, "sh") if stage == "build_script" else (helper, "bash")
            self.docker("exec", "-i", container, shell, stdin=wrapped(self.variables, body).encode())
        self.docker("rm", "-f", build, helper)
        self.docker("volume", "rm", builds)
        return time.monotonic() - begun


def against_the_client(stand, rounds):
    payload = stand.payload()
    attempt = stand.attempt(stand.config, payload)
    ours, theirs = Stages(stand, stand.config, payload), Client(payload, attempt.variables())
    attempt.forget()
    figures = alternate(rounds, ours, theirs)
    # Without the round that only warms up.
    stand.detail["stages of the trivial job, ms"] = {
        stage: round(median(took[1:]).value * 1000, 1) for stage, took in ours.took.items()}
    stand.detail["trivial job, s"] = {"executor": figures[0], "docker client": figures[1]}
    return [Row("trivial job with clone, the stages by themselves", ratio(*figures), "×", "plain docker client, two containers")]
