#!/usr/bin/env python3
"""What gitlab-ci-local says of a case, or of all of them.

    peer.py CASE_DIR EVENT    one line of JSON: {"ok": bool, "jobs": [names], "text": "what it said, if not ok"}
    peer.py --all             the same for each case and each event it names, with "case" and "event" before them
    peer.py --check           only what stands otherwise in a case.toml; exit 1 if there is any
    peer.py --samples         what it says of each sample of pipeline-templates, for a push, a merge request, a branch and a tag
    peer.py --check --brief, peer.py --samples --brief
                              the same by what it said when it was last asked (record.py; the samples for the first two events),
                              and asked again for a few; exit 1 where files have changed since then
    peer.py --record          asks for all of that, three minutes, and writes peer.json

A case becomes a git repository of its own, in a temporary directory: the files are committed, origin is
git@gitlab.example:group/app.git, and what the event would change is what the last commit changes. The other projects
below projects/ are bare repositories there, with the tag 1.0.0; git is told to look for gitlab.example in that directory.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import record

CASES = Path(__file__).resolve().parent
CI_LOCAL = CASES.parent / "bench" / "ci_local"
TEMPLATES = CASES.parent.parent / "pipeline-templates"
ORIGIN = "git@gitlab.example:group/app.git"
NOT_OF_THE_PROJECT = ("case.toml", "projects")
HEADER = "name;stage;when;allowFailure;environment;needs"
MERGE_REQUEST = {
    "CI_MERGE_REQUEST_ID": "4207",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_TITLE": "A change",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature/one",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
}


class Event:
    """A branch to be on, what is set and what is not. gitlab-ci-local itself knows only pushes to a branch."""

    def __init__(self, branch, variables, unset=()):
        self.branch, self.variables, self.unset = branch, variables, unset


# One of each sort, and one sample.
ASKED_AGAIN = {"anchors-and-merge-keys", "error-needs-cycle", "include-with-inputs", "parallel-matrix", "rules-if-regex", "nodejs"}
EVENTS = {
    "push": Event("main", {}),
    "branch": Event("feature/one", {}),
    "merge_request": Event(
        "feature/one",
        {"CI_PIPELINE_SOURCE": "merge_request_event", **MERGE_REQUEST},
        ["CI_COMMIT_BRANCH"],
    ),
    "tag": Event("main", {"CI_COMMIT_TAG": "v1.2.0", "CI_COMMIT_REF_NAME": "v1.2.0"}, ["CI_COMMIT_BRANCH"]),
    "schedule": Event("main", {"CI_PIPELINE_SOURCE": "schedule"}),
}


def environment(home):
    """Nothing of the caller's git, and gitlab.example is a directory."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CI_", "GITLAB_", "GCL_"))}
    remote = f"url.{home}/remote/.insteadOf"
    # git tells gitlab-ci-local what origin is after such a change too; the longest match, which changes nothing, prevents it.
    origin = f"url.{ORIGIN}.insteadOf"
    return keep | {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "5",
        "GIT_CONFIG_KEY_0": remote,
        "GIT_CONFIG_VALUE_0": "ssh://git@gitlab.example:22/",
        "GIT_CONFIG_KEY_1": remote,
        "GIT_CONFIG_VALUE_1": "git@gitlab.example:",
        "GIT_CONFIG_KEY_2": "user.name",
        "GIT_CONFIG_VALUE_2": "Case",
        "GIT_CONFIG_KEY_3": "user.email",
        "GIT_CONFIG_VALUE_3": "case@gitlab.example",
        "GIT_CONFIG_KEY_4": origin,
        "GIT_CONFIG_VALUE_4": ORIGIN,
        # What it has compiled once need not be compiled again.
        "NODE_COMPILE_CACHE": str(Path(tempfile.gettempdir()) / "baws-ci-local-compiled"),
        "NO_COLOR": "1",
        "FORCE_COLOR": "0",
    }


def git(directory, env, *arguments):
    subprocess.run(["git", "-c", "init.defaultBranch=main", *arguments], cwd=directory, env=env, check=True, capture_output=True)


def commit_all(directory, env, title):
    # --force: a case may hold a .gitignore, or a file that is ignored by habit.
    git(directory, env, "add", "--all", "--force")
    git(directory, env, "commit", "--quiet", "--allow-empty", "-m", title)


def lay_projects(case, home, env):
    """Each directory two below projects/ is a project."""
    for source in sorted(case.glob("projects/*/*")):
        lay_remote(source, f"{source.parent.name}/{source.name}", home, env)


def lay_remote(source, path, home, env):
    """Git looks for a project as remote/GROUP/PROJECT.git, with or without .git."""
    work = home / "work" / path
    shutil.copytree(source, work, ignore=shutil.ignore_patterns("samples"))
    git(work, env, "init", "--quiet")
    commit_all(work, env, "all")
    git(work, env, "tag", "1.0.0")
    bare = home / "remote" / f"{path}.git"
    bare.parent.mkdir(parents=True, exist_ok=True)
    git(home, env, "clone", "--quiet", "--bare", str(work), str(bare))


def lay_project(case, home, env, event, changed):
    """The base has a line more in each changed file, so that the last commit changes just those."""
    app = home / "app"
    shutil.copytree(case, app, ignore=lambda at, names: NOT_OF_THE_PROJECT if Path(at) == case else [])
    git(app, env, "init", "--quiet")
    contents = {}
    for name in changed:
        file = app / name
        contents[file] = file.read_bytes() if file.exists() else b"now\n"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents[file] + b"# before\n")
    commit_all(app, env, "base")
    git(app, env, "remote", "add", "origin", ORIGIN)
    git(app, env, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(app, env, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    if event.branch != "main":
        git(app, env, "checkout", "--quiet", "-b", event.branch)
    for file, content in contents.items():
        file.write_bytes(content)
    if contents:
        commit_all(app, env, "change")
    return app


def ask(case, event_name):
    """The answer for one case and event."""
    case = Path(case).resolve()
    about = tomllib.loads((case / "case.toml").read_text())
    return answer(case, event_name, about, lay_projects)


def ask_sample(sample, event_name):
    """The same for a sample, whose templates are at the tag that it names."""

    def lay(_, home, env):
        lay_remote(TEMPLATES, "platform/pipeline-templates", home, env)

    # A list without a tag is one that GitLab takes.
    return answer(sample, event_name, {}, lay, ["--ignore-schema-paths", "#/definitions/tags/minItems"])


def answer(case, event_name, about, lay, options=()):
    """What it says of the files in `case`, beside the projects that `lay` brings."""
    event = EVENTS[event_name]
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        home = Path(name)
        env = environment(home)
        lay(case, home, env)
        app = lay_project(case, home, env, event, about.get("changed", []))
        command = [str(CI_LOCAL), "run", "--list-csv", *options]
        variables = event.variables | about.get("variables", {})
        for variable, value in variables.items():
            command += ["--variable", f"{variable}={value}"]
        command += ["--ignore-predefined-vars", ",".join(variables)] if variables else []
        for variable in event.unset:
            command += ["--unset-variable", variable]
        done = subprocess.run(command, cwd=app, env=env, capture_output=True, text=True, check=False)
        said = (done.stderr + done.stdout).replace(name, "").strip()
        if done.returncode == 0 and HEADER in done.stdout:
            return {"ok": True, "jobs": jobs(done.stdout), "text": ""}
        return {"ok": False, "jobs": [], "text": said}


def jobs(listing):
    """The names below the header, as GitLab would write them; before it stand warnings."""
    lines = listing[listing.index(HEADER) :].splitlines()[1:]
    return [as_gitlab_names_it(line.rsplit(";", 5)[0]) for line in lines if line]


def as_gitlab_names_it(name):
    """GitLab says `test 1/3` and `test: [a, b]` where gitlab-ci-local says `test: [1/3]` and `test: [a,b]`."""
    if numbered := re.fullmatch(r"(.*): \[(\d+/\d+)\]", name):
        return f"{numbered[1]} {numbered[2]}"
    if matrix := re.fullmatch(r"(.*): \[(.*)\]", name):
        return f"{matrix[1]}: [{', '.join(matrix[2].split(','))}]"
    return name


def questions():
    """Each case with each event it names; a broken one with a push."""
    for file in sorted(CASES.glob("*/case.toml")):
        about = tomllib.loads(file.read_text())
        for event in about.get("jobs", {"push": None}):
            yield file.parent, event


def answers_to(asked, ask_one):
    for directory, given in answers_of(list(asked), ask_one):
        yield {"case": directory.name, **given}


def answers_of(asked, ask_one):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (directory, event), given in zip(asked, pool.map(lambda question: ask_one(*question), asked)):
            yield directory, {"event": event, **given}


def kept(part, asked, ask_one, digest_of):
    """By the record, of which a few are asked again."""
    asked = list(asked)
    found, unknown = record.answers(record.read()[part], asked, digest_of)
    if unknown:
        sys.exit(f"changed since gitlab-ci-local was asked: {', '.join(unknown)}; python3 tests/pipelines/peer.py --record asks again")
    again = [question for question in asked if question[0].name in ASKED_AGAIN]
    for one in answers_to(again, ask_one):
        if one not in found:
            sys.exit(f"it says something else now: {json.dumps(one)}")
    return found


def write_record():
    def asked(questions, ask_one):
        return [{"directory": directory, "case": directory.name, **given} for directory, given in answers_of(list(questions), ask_one)]

    record.write(asked(questions(), ask), asked(of_samples(True), ask_sample))


def of_samples(brief):
    """Each sample with what happens to it."""
    events = ("push", "merge_request", "branch", "tag")
    for sample in sorted((TEMPLATES / "samples").iterdir()):
        for event in events[:2] if brief else events:
            yield sample, event


def agrees(case, event, answer):
    about = tomllib.loads((CASES / case / "case.toml").read_text())
    if "error" in about:
        return not answer["ok"]
    return answer["ok"] and answer["jobs"] == about["jobs"][event]


def check(brief):
    """A case agrees if each of its events does; one that is said to disagree must do so in one of them at least."""
    answers = {}
    given = kept("cases", questions(), ask, record.digest_of_case) if brief else answers_to(questions(), ask)
    for answer in given:
        answers.setdefault(answer["case"], []).append(answer)
    strange = 0
    for case, given in answers.items():
        expected = tomllib.loads((CASES / case / "case.toml").read_text())["peer"]["agrees"]
        wrong = [answer for answer in given if not agrees(case, answer["event"], answer)]
        if expected == bool(wrong):
            strange += 1
            for answer in wrong or given:
                print(json.dumps({"agrees": not expected} | answer, ensure_ascii=False), flush=True)
    return 1 if strange else 0


def told(answers):
    for given in answers:
        print(json.dumps(given, ensure_ascii=False), flush=True)


def main(arguments):
    match arguments:
        case "--all",:
            told(answers_to(questions(), ask))
        case "--samples",:
            told(answers_to(of_samples(False), ask_sample))
        case "--samples", "--brief":
            told(kept("samples", of_samples(True), ask_sample, record.digest_of_sample))
        case "--record",:
            write_record()
        case ("--check",) | ("--check", "--brief"):
            return check(len(arguments) > 1)
        case directory, event if event in EVENTS:
            print(json.dumps(ask(directory, event), ensure_ascii=False))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
