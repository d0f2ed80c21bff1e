"""Pipelines: `template lint` against gitlab-ci-local, and `local` against the same job under a gitlab-runner."""

import os
import shutil
import subprocess
import time

from process import PATH, Failed
from realrunner import TRIVIAL
from rounds import alternate, median, ratio
from table import Row

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES, LINES = 50, 5000
SHIPPED = ["--map", "platform/pipeline-templates=shipped"]
# The kind with the most inputs.
LARGEST = "backstage"
# Ten lines each, as many as fill the files.
JOB = """build-{n}-{i}:
  extends: .base-{n}
  stage: build
  script:
    - echo "building {i}"
    - make part-{i}
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event" && $CI_COMMIT_TAG == null
    - if: $CI_COMMIT_BRANCH =~ /^(main|release-[0-9]+)$/
  artifacts: {{paths: [out/{n}/{i}], expire_in: 1 week}}
"""


def seconds(argv, directory):
    """How long a command takes that has to succeed."""
    begun = time.monotonic()
    done = subprocess.run(argv, cwd=directory, env={"PATH": PATH, "HOME": directory, "NO_COLOR": "1"}, capture_output=True, text=True)
    took = time.monotonic() - begun
    if done.returncode:
        raise Failed(f"`{' '.join(argv)}` ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return took


def repository(stand, name):
    """An empty one, in a directory of its own."""
    directory = os.path.join(stand.directory, name)
    os.makedirs(directory)
    seconds(["git", "init", "-q", "-b", "main"], directory)
    seconds(["git", "remote", "add", "origin", "git@gitlab.example:group/app.git"], directory)
    return directory


def commit(directory):
    seconds(["git", "add", "-A"], directory)
    seconds(["git", "-c", "user.name=Bench", "-c", "user.email=bench@example.test", "commit", "-qm", "all"], directory)


def write(directory, name, text):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def large(stand):
    """5,000 lines in 50 files, and one that includes them."""
    directory = repository(stand, "large")
    for n in range(FILES):
        head = f".base-{n}:\n  image: bench/busybox:1\n  retry: 1\n"
        jobs = [JOB.format(n=n, i=i) for i in range(LINES // FILES // 10)]
        write(directory, f"ci/{n}.yml", head + "".join(jobs))
    write(directory, ".gitlab-ci.yml", "stages: [build]\ninclude:\n" + "".join(f"  - local: ci/{n}.yml\n" for n in range(FILES)))
    commit(directory)
    return directory


def linted(stand, rounds):
    sample = repository(stand, "sample")
    shutil.copy(os.path.join(ROOT, "pipeline-templates", "samples", LARGEST, ".gitlab-ci.yml"), sample)
    theirs = [os.path.join(ROOT, "tests", "bench", "ci_local"), "run", "--list-csv"]
    lint = [stand.program, "template", "lint", *SHIPPED, ".gitlab-ci.yml"]
    directory = large(stand)
    of_template = alternate(rounds, lambda: seconds(lint, sample))[0]
    ours, peer = alternate(rounds, lambda: seconds(lint, directory), lambda: seconds(theirs, directory))
    stand.detail["lint of 5,000 lines in 50 files, s"] = {"template lint": ours, "gitlab-ci-local": peer}
    return [Row("lint of the largest template", median([1000 * one for one in of_template]), "ms", bar=50),
            Row("lint of 5,000 lines in 50 files", median([1000 * one for one in ours]), "ms", bar=500),
            Row("the same", ratio(ours, peer), "×", "gitlab-ci-local --list-csv")]


def local(stand, runner, rounds):
    """The trivial job on a laptop, from the call of `local` to its end, and as a gitlab-runner times it."""
    directory = repository(stand, "laptop")
    write(directory, "hello.txt", "hello\n")
    write(directory, ".gitlab-ci.yml", "trivial: {image: bench/busybox:1, script: cat hello.txt}\n")
    commit(directory)
    command = [stand.program, "--config", stand.config, "local"]
    environment = {"PATH": PATH, "HOME": directory, "DOCKER_HOST": os.environ["DOCKER_HOST"]}

    def on_laptop():
        begun = time.monotonic()
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"`local` ended with {done.returncode}: {done.stdout}{done.stderr}")
        return time.monotonic() - begun

    with runner.custom() as custom, runner.docker() as docker:
        ours, same, peer = alternate(rounds, on_laptop, lambda: custom.run(TRIVIAL), lambda: docker.run(TRIVIAL))
    stand.detail["trivial job by `local` and under gitlab-runner, s"] = {"local": ours, "custom": same, "docker": peer}
    return [Row("trivial job by `local`", ratio(ours, same), "×", "the same job under gitlab-runner, this executor", 1.0),
            Row("the same", ratio(ours, peer), "×", "docker executor")]
