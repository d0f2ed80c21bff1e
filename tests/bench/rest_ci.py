"""REST: CI lint and pipelines."""

import json
import os
import re
import subprocess
import tempfile

from calls import DEVELOPER, REPORTER, Page, Wrong, not_found, route

LINT_SECS = 60
OTHER_PROJECT = re.compile(r"""^\s*(?:-\s*)?["']?project["']?\s*:\s*["']?([\w./-]+)["']?\s*(?:#.*)?$""", re.MULTILINE)


# ---- lint -------------------------------------------------------------------------------------------------------------

@route("POST", "projects/:project/ci/lint", role=DEVELOPER, locked=False)
def lint(call):
    return 200, checked(call, str(call.need("content")))


@route("GET", "projects/:project/ci/lint", role=REPORTER, locked=False)
def lint_committed(call):
    ref = call.text("content_ref") or call.text("sha") or call.project.default_branch
    commit = call.project.commit_id(ref)
    path = call.record.settings["ci_config_path"] or ".gitlab-ci.yml"
    if not commit:
        raise not_found("Commit" if call.project.branches() else "Repository")
    if not call.project.has_file(commit, path):
        return {"valid": False, "errors": ["Please provide content of .gitlab-ci.yml"], "warnings": [], "merged_yaml": None, "includes": []}
    return checked(call, call.project.file(commit, path).decode(errors="replace"), commit)


def checked(call, content, commit=None):
    """The verdict of the program that the stand-in was given, or a simple one."""
    includes = [{"type": "file", "location": match, "context_project": call.project.path} for match in
                re.findall(r"^\s*-?\s*local:\s*[\"']?([^\"'\s]+)", content, re.MULTILINE)]
    result = {"valid": True, "errors": [], "warnings": [], "merged_yaml": content, "includes": includes}
    if call.flag("include_jobs", False):
        result["jobs"] = []
    program = call.handler.gitlab.program
    if not program:
        if content.lstrip().startswith("invalid"):
            result.update(valid=False, errors=["jobs config should contain at least one visible job"], merged_yaml=None)
        return result
    with tempfile.TemporaryDirectory(prefix="bench-lint-") as place:
        said = run_program(call, program, place, content, commit)
    own = os.path.join(place, "project", "")
    faults = [(one["severity"], f"{one['file'].removeprefix(own)}:{one['line']}: {one['text']}") for file in said["files"]
              for one in file["faults"]]
    errors = [text for severity, text in faults if severity == "error"]
    warnings = [text for severity, text in faults if severity != "error"]
    valid = not errors and all(file["valid"] for file in said["files"])
    result.update(valid=valid, errors=errors, warnings=warnings, merged_yaml=content if valid else None)
    if "jobs" in result:
        result["jobs"] = [{"name": job["name"], "stage": job["stage"]} for file in said["files"] for job in file["jobs"]]
    return result


def run_program(call, program, place, content, commit):
    """Lays a checkout out and lets the program look at it; its JSON."""
    own = os.path.join(place, "project")
    check_out(call.project, commit or call.project.commit_id(f"refs/heads/{call.project.default_branch}"), own)
    file = os.path.join(own, ".gitlab-ci.yml")
    with open(file, "w") as out:
        out.write(content)
    arguments = [program, "template", "lint", "--json", "--project", own]
    for number, path in enumerate(sorted(set(OTHER_PROJECT.findall(content)))):
        other = call.world.project(path.strip("/"))
        if other and call.world.reads_code(call.user, call.world.of(other)):
            directory = os.path.join(place, f"other-{number}")
            check_out(other, other.commit_id(f"refs/heads/{other.default_branch}"), directory)
            arguments += ["--map", f"{path}={directory}"]
        else:
            return refused(f"Project `{path}` not found or access denied! Make sure any includes in the pipeline configuration are"
                           " correctly defined.")
    try:
        done = subprocess.run([*arguments, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LINT_SECS, cwd=own)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Wrong(500, f"500 Internal Server Error: {error}") from None
    try:
        return json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        return refused(said)


def refused(why):
    fault = {"severity": "error", "file": ".gitlab-ci.yml", "line": 1, "text": why}
    return {"files": [{"valid": False, "jobs": [], "faults": [fault]}]}


def check_out(project, commit, directory):
    os.makedirs(directory)
    if commit:
        archive = project.git("archive", "--format=tar", commit)
        subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)


# ---- pipelines --------------------------------------------------------------------------------------------------------

def show(call, record, pipeline):
    keys = ("id", "iid", "project_id", "sha", "ref", "status", "source", "created_at", "updated_at")
    return {**{name: pipeline[name] for name in keys}, "name": None,
            "web_url": f"{call.origin}/{record.project.path}/-/pipelines/{pipeline['id']}"}


def details(call, record, pipeline):
    over = pipeline["status"] in ("success", "failed", "canceled", "skipped")
    return {**show(call, record, pipeline), "before_sha": "0" * 40, "tag": False, "yaml_errors": None,
            "user": call.world.users[pipeline["user"]].describe(call.origin), "started_at": None,
            "finished_at": pipeline["updated_at"] if over else None, "committed_at": None, "duration": 1 if over else None,
            "queued_duration": None, "coverage": None, "archived": False,
            "detailed_status": {"icon": f"status_{pipeline['status']}", "text": pipeline["status"].title(), "label": pipeline["status"],
                                "group": pipeline["status"], "has_details": True, "details_path": None}}


@route("GET", "projects/:project/pipelines", code=True)
def pipelines(call):
    items = call.record.pipelines
    for name in ("ref", "sha", "status", "source", "username"):
        if call.get(name):
            items = [one for one in items if one["user" if name == "username" else name] == call.text(name)]
    upward = call.one_of("sort", ("asc", "desc"), "desc") == "asc"
    items = sorted(items, key=lambda one: one["id"], reverse=not upward)
    return Page(items, lambda one: show(call, call.record, one), ("id_after" if upward else "id_before", lambda one: one["id"]))


@route("GET", "projects/:project/pipelines/latest", code=True)
def latest_pipeline(call):
    ref = call.text("ref") or call.project.default_branch
    commit = call.project.commit_id(f"refs/heads/{ref}")
    found = [one for one in call.record.pipelines if one["ref"] == ref and one["sha"] == commit]
    if not found:
        raise not_found("Pipeline")
    return details(call, call.record, found[-1])


@route("GET", "projects/:project/pipelines/:pipeline", code=True)
def pipeline(call):
    return details(call, call.record, call.found(call.record.pipelines, "pipeline", "Pipeline"))


@route("GET", "projects/:project/pipelines/:pipeline/variables", role=DEVELOPER)
def pipeline_variables(call):
    return call.found(call.record.pipelines, "pipeline", "Pipeline")["variables"]


@route("GET", "projects/:project/pipelines/:pipeline/jobs", code=True)
def pipeline_jobs(call):
    one = call.found(call.record.pipelines, "pipeline", "Pipeline")
    job = {"id": 100000 + one["id"], "name": "job", "stage": "test", "status": one["status"], "ref": one["ref"],
           "created_at": one["created_at"],
           "allow_failure": False, "failure_reason": "script_failure" if one["status"] == "failed" else None,
           "pipeline": show(call, call.record, one), "web_url": f"{call.origin}/{call.project.path}/-/jobs/{100000 + one['id']}"}
    return Page([job], keyset=("id_before", lambda item: item["id"]))


@route("POST", "projects/:project/pipeline", role=DEVELOPER, frozen=True)
def create_pipeline(call):
    ref, record, project = str(call.need("ref")), call.record, call.project
    commit = project.commit_id(f"refs/heads/{ref}") or project.commit_id(f"refs/tags/{ref}")
    if not commit:
        raise Wrong(400, {"base": ["Reference not found"]})
    path = record.settings["ci_config_path"] or ".gitlab-ci.yml"
    if "@" not in path and "://" not in path and not project.has_file(commit, path):
        raise Wrong(400, {"base": ["Missing CI config file"]})
    variables = [{"variable_type": "env_var", **one} for one in call.get("variables") or []]
    role = record.settings["ci_pipeline_variables_minimum_override_role"]
    least = {"no_one_allowed": 99, "owner": 50, "maintainer": 40, "developer": 30}[role]
    if variables and call.world.role(call.user, record) < least:
        raise Wrong(400, {"base": ["Insufficient permissions to set pipeline variables"]})
    made = call.world.add_pipeline(record, ref, commit, "api", call.user, variables=variables, inputs=call.get("inputs") or {})
    return 201, details(call, record, made)


@route("POST", "projects/:project/pipelines/:pipeline/:verb", role=DEVELOPER, frozen=True)
def change_pipeline(call):
    one = call.found(call.record.pipelines, "pipeline", "Pipeline")
    if call["verb"] not in ("cancel", "retry"):
        raise Wrong(404, error="404 Not Found")
    call.world.set_pipeline(call.record, one, "canceled" if call["verb"] == "cancel" else "pending")
    return 201 if call["verb"] == "retry" else 200, details(call, call.record, one)
