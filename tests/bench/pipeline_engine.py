"""Runs the pipelines that the GitLab stand-in makes and leaves alone: GitLab's own part of it, for a runner that takes the jobs.

    pipeline_engine.py --baws-ci PATH PROJECT [--ref BRANCH] [--source push|merge_request_event] [--runner TOKEN] [--play JOB]…

The commit is checked out, its pipeline is read by the real program (`pipeline_plan`), templates at the tag that the file includes; the jobs
are posted to the coordinator when what they need has ended, those that need nothing of each other at the same time. What earlier jobs
say in dotenv reports become variables of later ones, manual jobs wait until they are played, and the status goes to the stand-in.
No job is tried again: a fault of the runner is to be seen.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

import yaml

from client import Client, control
from pipeline_plan import Plan, Refused, fits, git

GITLAB = "https://gitlab.bench.test"
OVER = ("success", "failed", "canceled")
EVENTS = {"push": "push", "merge_request_event": "merge_request"}
# Seconds that a pipeline may take; the machine may be busy.
LONGEST_SECS = 900
LOOK_SECS = 0.3
HELPER = '!f() { echo username=oauth2; echo "password=$STORY_GIT_TOKEN"; }; f'


class Api:
    """GitLab's REST interface, as somebody."""

    def __init__(self, token=None):
        self.token = token or os.environ["BENCH_GITLAB_TOKEN"]

    def call(self, method, path, body=None):
        client = Client(GITLAB)
        answer = client.call(method, "/api/v4/" + path, body, {"PRIVATE-TOKEN": self.token})
        client.close()
        return answer

    def get(self, path, method="GET", body=None):
        answer = self.call(method, path, body)
        if answer.status >= 300:
            raise Refused(f"{method} {path}: {answer.status} {answer.body.decode(errors='replace')}")
        return answer.json()


def quoted(path):
    return urllib.parse.quote(path, safe="")


def clone(project, directory, token, *words):
    """With git itself; the token stands in the environment alone."""
    environment = {**os.environ, "STORY_GIT_TOKEN": token, "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", "credential.helper=", "-c", f"credential.helper={HELPER}", "clone", "-q", *words]
    done = subprocess.run([*command, f"{GITLAB}/{project}.git", directory], env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise Refused(f"git clone of {project}: {done.stderr.strip()}")


class Loader(yaml.SafeLoader):
    """Takes `!reference` as the list that it is."""


Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))


class Shelf:
    """Checkouts of included projects, each at the ref that is included."""

    def __init__(self, directory, token):
        self.directory, self.token = directory, token

    def maps(self, checkout):
        with open(os.path.join(checkout, ".gitlab-ci.yml")) as file:
            content = list(yaml.load_all(file, Loader))[-1] or {}
        includes = content.get("include") or []
        result = {}
        for one in includes if isinstance(includes, list) else [includes]:
            if isinstance(one, dict) and one.get("project"):
                result[one["project"]] = self.at(one["project"], str(one.get("ref") or "HEAD"))
        return result

    def at(self, project, ref):
        directory = os.path.join(self.directory, f"{project}@{ref}".replace("/", "+"))
        if not os.path.isdir(directory):
            clone(project, directory, self.token, *([] if ref == "HEAD" else ["--depth", "1", "--branch", ref]))
        return directory


class Run:
    """One job of a pipeline, and what became of it."""

    def __init__(self, planned):
        self.planned, self.state, self.number, self.job = planned, "created", None, {}

    @property
    def trace(self):
        return self.job.get("trace", "")

    @property
    def secs(self):
        return (self.job.get("finished_at") or 0) - (self.job.get("started_at") or 0)

    def passes(self):
        """Whether what waits for it may go on."""
        return self.state == "success" or self.state in ("failed", "manual") and self.planned.may_fail(self.job.get("exit_code"))


class Pipeline:
    """A pipeline of the stand-in. `entry` is what REST tells of it."""

    def __init__(self, engine, project, entry, merge_request):
        self.engine, self.project, self.entry, self.merge_request = engine, project, entry, merge_request
        self.branch = merge_request["source_branch"] if merge_request else entry["ref"]
        self.room = tempfile.mkdtemp(dir=engine.directory)
        self.checkout = os.path.join(self.room, "checkout")
        clone(project["path_with_namespace"], self.checkout, engine.api.token, "--no-checkout")
        git(self.checkout, "checkout", "-q", "-B", self.branch, entry["sha"])
        where = f"projects/{project['id']}"
        protected = [one["name"] for one in engine.api.get(f"{where}/protected_branches?per_page=100")]
        self.is_protected = fits(protected, self.branch) and not merge_request
        self.variables = [one for one in engine.api.get(f"{where}/variables?per_page=100") if self.is_protected or not one["protected"]]
        shown = {one["key"]: one["value"] for one in self.variables if not one["masked"] and one["environment_scope"] == "*"}
        shown["CI_COMMIT_REF_PROTECTED"] = str(self.is_protected).lower()
        self.plan = Plan(engine.program, self.checkout, EVENTS[entry["source"]], engine.shelf.maps(self.checkout), shown)
        self.runs = {name: Run(planned) for name, planned in self.plan.jobs.items()}

    def play(self, *names):
        """Goes on as far as it can; manual jobs run only when they are named. Its status."""
        for run in self.runs.values():
            if run.state in ("skipped", "manual"):
                run.state = "created"
        self.tell("running")
        deadline = time.monotonic() + LONGEST_SECS
        while True:
            self.begin(names)
            going = [run for run in self.runs.values() if run.state == "running"]
            if not going:
                break
            if time.monotonic() > deadline:
                raise Refused(f"pipeline {self.entry['id']} was not over after {LONGEST_SECS} s: {[run.planned.name for run in going]}")
            for run in going:
                self.look(run)
        return self.tell(self.status())

    def begin(self, names):
        """Whatever can begin now, and what cannot any more."""
        changed = True
        while changed:
            changed = False
            for run in self.runs.values():
                state = self.next_state(run, names) if run.state == "created" else None
                if state:
                    run.state, changed = state, True
                if state == "running":
                    self.post(run)

    def next_state(self, run, names):
        planned = run.planned
        waits = [self.runs[name] for name in (self.plan.before(planned) if planned.waits is None else planned.waits)]
        if any(one.state in ("created", "running") for one in waits):
            return None
        good = all(one.passes() for one in waits)
        if planned.when != "always" and good == (planned.when == "on_failure"):
            return "skipped"
        return "manual" if planned.when == "manual" and planned.name not in names else "running"

    def post(self, run):
        planned, request = run.planned, self.merge_request
        known = {"CI_SERVER_URL": GITLAB, "CI_DEFAULT_BRANCH": self.project["default_branch"], "CI_COMMIT_REF_NAME": self.branch,
                 **{one["key"]: one["value"] for one in self.variables}}
        spec = planned.spec(self.checkout, self.is_protected, known)
        earlier = [self.runs[name] for name in planned.artifacts_of(self.plan.before(planned)) if self.runs[name].number]
        scoped = [one for one in self.variables if fits([one["environment_scope"]], spec.get("environment", ""))]
        spec.update(
            project=self.project["path_with_namespace"], ref=self.branch, sha=self.entry["sha"], runner=self.engine.runner,
            dependencies=[one.number for one in earlier],
            pipeline={**{key: self.entry[key] for key in ("id", "iid", "source")}, "merge_request": request},
            variables=[{"key": key, "value": value} for key, value in planned.variables.items()] +
            [{"key": key, "value": value, "public": False} for one in earlier for key, value in self.dotenv(one).items()] +
            [{"key": one["key"], "value": one["value"], "public": False, "masked": one["masked"], "raw": one["raw"],
              "file": one["variable_type"] == "file"} for one in scoped])
        run.number = control("POST", "jobs", {key: value for key, value in spec.items() if value is not None})["id"]

    def look(self, run):
        run.job = control("GET", f"jobs/{run.number}?wait={LOOK_SECS}")
        if run.job["state"] in OVER:
            run.state = run.job["state"]
            self.engine.tell(run)

    @staticmethod
    def dotenv(run):
        """What the job's dotenv reports say."""
        result = {}
        for index, stored in enumerate(run.job.get("artifacts") or []):
            if stored["type"] == "dotenv":
                client = Client()
                text = gzip.decompress(client.call("GET", f"/_bench/jobs/{run.number}/artifacts/{index}").body).decode()
                client.close()
                pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
                result.update((key.strip(), value.strip().strip('"')) for key, _, value in pairs)
        return result

    def status(self):
        runs = list(self.runs.values())
        if any(run.state in ("failed", "canceled") and not run.passes() for run in runs):
            return "failed"
        return "manual" if any(run.state == "manual" and not run.passes() for run in runs) else "success"

    def tell(self, status):
        control("POST", "pipeline", {"project": self.project["path_with_namespace"], "id": self.entry["id"], "status": status})
        return status


class Engine:
    """Everything that pipelines share. `tell` is given each job that has ended."""

    def __init__(self, program, runner, directory, tell=lambda run: None):
        self.program, self.runner, self.directory, self.tell = program, runner, directory, tell
        self.api = Api()
        self.shelf = Shelf(os.path.join(directory, "shelf"), self.api.token)
        os.makedirs(self.shelf.directory, exist_ok=True)

    def pipeline(self, path, branch, source="push"):
        """The newest that the stand-in has made for that branch's commit."""
        project = self.api.get(f"projects/{quoted(path)}")
        where = f"projects/{project['id']}"
        sha = self.api.get(f"{where}/repository/branches/{quoted(branch)}")["commit"]["id"]
        request = None
        if source == "merge_request_event":
            found = self.api.get(f"{where}/merge_requests?state=opened&source_branch={quoted(branch)}")
            if not found:
                raise Refused(f"{path} has no open merge request of the branch {branch}")
            request = found[0]
        made = self.api.get(f"{where}/pipelines?sha={sha}&source={source}")
        if not made:
            raise Refused(f"GitLab has made no pipeline ({source}) for {sha} of {path}")
        return Pipeline(self, project, made[0], request)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("project")
    options.add_argument("--baws-ci", required=True, metavar="PATH")
    options.add_argument("--ref", default="main", metavar="BRANCH")
    options.add_argument("--source", default="push", choices=EVENTS)
    options.add_argument("--runner", default=os.environ.get("BENCH_RUNNER_TOKEN"), metavar="TOKEN")
    options.add_argument("--play", action="append", default=[], metavar="JOB", help="run this manual job too")
    given = options.parse_args()
    directory = tempfile.mkdtemp(prefix="pipelines-")
    try:
        engine = Engine(os.path.realpath(given.baws_ci), given.runner, directory,
                        lambda run: print(f"{run.planned.name}: {run.state}, {run.secs:.1f} s", flush=True))
        status = engine.pipeline(given.project, given.ref, given.source).play(*given.play)
        print(f"pipeline: {status}")
        sys.exit(0 if status in ("success", "manual") else 1)
    except Refused as error:
        sys.exit(f"error: {error}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
