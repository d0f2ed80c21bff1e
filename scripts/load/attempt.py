"""A job in the surroundings that gitlab-runner gives a custom executor: its directory, environment, scripts and stages.

Source: gitlab-runner 19.3 `executors/custom`, as recorded from it. The texts of the scripts are our own.
"""

import json
import os
import shutil

from client import Client, control
from process import PATH, Running

PROJECT_DIR = "/builds/root/bench"
TEMPORARY = PROJECT_DIR + ".tmp"
# The runner sends some fifty flags; of these the program reads two.
FLAGS = ["FF_NETWORK_PER_BUILD", "FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR"] + [f"FF_NUMBER_{number}" for number in range(50)]
SHORT_TOKEN = "load01234"


def taken_job(spec, runner="glrt-load-0123456789abcdef"):
    """Posts a job and takes it as a runner does: its payload. Its token is good for git from now on."""
    control("POST", "runners", {"token": runner})
    number = control("POST", "jobs", {"runner": runner, **spec})["id"]
    client = Client()
    payload = client.call("POST", "/api/v4/jobs/request", {"token": runner, "info": {}}).json()
    client.close()
    assert payload["id"] == number, "another runner's job was handed out"
    return payload


class Attempt:
    """One attempt at a job. `payload`: as the coordinator sends it."""

    def __init__(self, program, config, payload, directory, slot=0, more=None):
        self.program, self.config, self.payload, self.slot = program, config, payload, slot
        self.directory = os.path.join(directory, f"custom-executor{payload['id']}")
        self.more = more or {}
        self.scripts = 0
        os.makedirs(self.directory, mode=0o700)
        self.response = os.path.join(self.directory, "response.json")
        with open(self.response, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(payload, file)
        self.environment = self._environment()

    def variables(self):
        """The job's variables with the runner's own, without the prefix."""
        given = {variable["key"]: variable["value"] for variable in self.payload["variables"]}
        services = self.payload.get("services") or []
        return {
            **{flag: "false" for flag in FLAGS}, "CI_RUNNER_SHORT_TOKEN": SHORT_TOKEN, "CI_BUILDS_DIR": "/builds",
            "CI_PROJECT_DIR": PROJECT_DIR, "CI_CONCURRENT_ID": str(self.slot), "CI_CONCURRENT_PROJECT_ID": str(self.slot),
            "CI_SERVER": "yes", "CI_JOB_STATUS": "running", **given, "CI_JOB_ID": str(self.payload["id"]),
            "CI_SHARED_ENVIRONMENT": "true", "CI_RUNNER_VERSION": "19.3.0", "CI_RUNNER_EXECUTABLE_ARCH": "linux/amd64",
            "RUNNER_TEMP_PROJECT_DIR": TEMPORARY, "CI_JOB_SERVICES": json.dumps(services) if services else ""}

    def _environment(self):
        fixed = {
            "PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "DOCKER_HOST": os.environ["DOCKER_HOST"], "TMPDIR": self.directory,
            "BUILD_FAILURE_EXIT_CODE": "1", "SYSTEM_FAILURE_EXIT_CODE": "2", "JOB_RESPONSE_FILE": self.response,
            "BUILD_EXIT_CODE_FILE": self.status_file()}
        prefixed = {f"CUSTOM_ENV_{name}": value for name, value in self.variables().items()}
        return {**fixed, **prefixed, **self.more}

    def status_file(self):
        return os.path.join(self.directory, "build_exit_code")

    def status(self):
        """What BUILD_EXIT_CODE_FILE holds; None where there is none."""
        try:
            with open(self.status_file()) as file:
                return int(file.read())
        except FileNotFoundError:
            return None

    def argv(self, *words):
        return [self.program, "--config", self.config, "executor", *words]

    def script_argv(self, stage, text):
        """The command of `executor run`, with its script written."""
        self.scripts += 1
        directory = os.path.join(self.directory, f"script{self.scripts}")
        os.mkdir(directory)
        path = os.path.join(directory, "script")
        with open(path, "w") as file:
            file.write(text)
        return self.argv("run", path, stage)

    def start(self, stage):
        """Begins `config`, `prepare` or `cleanup`."""
        return Running(stage, self.argv(stage), self.environment, self.directory)

    def start_run(self, stage, body):
        """Begins a stage with a script."""
        argv = self.script_argv(stage, wrapped(self.variables(), body))
        return Running(stage, argv, self.environment, self.directory)

    def forget(self):
        """What the runner does when the attempt is over."""
        shutil.rmtree(self.directory)


# ---- scripts -------------------------------------------------------------------------------------------------------

def wrapped(variables, body):
    """A script in the runner's form: the variables exported, then `body`, all of it one quoted word for `eval`."""
    exports = "".join(f"export {name}={quoted(value)}\n" for name, value in variables.items())
    return ("#!/usr/bin/env bash\n\ntrap 'exit 1' TERM\n\n"
            'case "$(set -o)" in *pipefail*) set -o pipefail;; esac; set -o errexit\nset +o noclobber\n'
            f"(trap 'exit 1' TERM; eval {quoted(exports + body)}) < /dev/null\n\nexit 0\n")


def quoted(text):
    """`$'…'`."""
    special = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "$'" + "".join(special.get(character, character) for character in text) + "'"


def get_sources(payload):
    """Clones the job's commit with the job's token."""
    source = payload["git_info"]
    refspecs = " ".join(f"'{refspec}'" for refspec in source["refspecs"])
    template = TEMPORARY + "/git-template"
    return f"""
export GIT_TERMINAL_PROMPT=0 GIT_LFS_SKIP_SMUDGE=1
rm -rf {TEMPORARY}/git-template {PROJECT_DIR}/.git/config {PROJECT_DIR}/.git/hooks
mkdir -p {template}
git config -f {template}/config init.defaultBranch none
git config -f {template}/config fetch.recurseSubmodules false
git config -f {template}/config gc.autoDetach false
echo "Fetching changes with git depth set to {source['depth']}..."
git init {PROJECT_DIR} --template {template}
cd {PROJECT_DIR}
git remote add origin '{source['repo_url']}' 2>/dev/null || git remote set-url origin '{source['repo_url']}'
git fetch origin --no-recurse-submodules {refspecs} --depth {source['depth']} --prune --quiet
echo "Checking out {source['sha'][:8]} as detached HEAD..."
git -c submodule.recurse=false checkout -f -q {source['sha']}
git clean -ffdx
"""


PREPARE_SCRIPT = f'echo "Running on $(hostname)..."\nrm -f {TEMPORARY}/gitlab_runner_env {TEMPORARY}/masking.db\n'
BUILD_SCRIPT = f"cd {PROJECT_DIR}\necho '$ cat hello.txt'\ncat hello.txt\n"
CLEANUP_SCRIPT = f"rm -f {TEMPORARY}/gitlab_runner_env {TEMPORARY}/masking.db {PROJECT_DIR}/.git/config {TEMPORARY}/git-template/config\n"


def trivial_scripts(payload):
    """The stages that every job has, in order, with their scripts."""
    return [("prepare_script", PREPARE_SCRIPT), ("get_sources", get_sources(payload)), ("build_script", BUILD_SCRIPT),
            ("cleanup_file_variables", CLEANUP_SCRIPT)]
