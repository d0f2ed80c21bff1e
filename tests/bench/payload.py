"""The job as a runner receives it: the shape of GitLab's answer to `POST /api/v4/jobs/request`."""

import urllib.parse

import oidc

FAILURE_REASONS = [
    "unknown_failure", "script_failure", "api_failure", "runner_system_failure", "job_execution_timeout",
    "image_pull_failure", "configuration_error", "runner_configuration_error", "runner_external_dependency_failure",
    "runner_interrupted", "job_canceled"]


def payload(job, origin, jobs, key):
    """The payload of `job` for a runner that reached GitLab at `origin` (scheme and host). `jobs` holds its dependencies;
    `key` signs its ID tokens."""
    spec, project = job.spec, job.project
    timeout = int(spec.get("timeout", 3600))
    name, stage = spec.get("name", "job"), spec.get("stage", "test")
    source = git_info(job, origin)
    result = {
        "id": job.number, "token": job.token, "allow_git_fetch": True,
        "job_info": {
            "id": job.number, "name": name, "stage": stage, "pipeline_id": int(pipeline(spec)["id"]), "project_id": project.number,
            "project_name": project.name, "project_full_path": project.path, "namespace_id": 7, "root_namespace_id": 7,
            "organization_id": 1, "instance_id": "3f2c1a34-0000-4000-8000-000000000001",
            "instance_uuid": "3f2c1a34-0000-4000-8000-000000000002", "user_id": 2, "time_in_queue_seconds": 1,
            "project_jobs_running_on_instance_runners_count": "0", "queue_size": 1, "queue_depth": 1},
        "git_info": source,
        "runner_info": {"timeout": timeout},
        "inputs": [],
        "variables": predefined(job, origin, source, name, stage, timeout) + variables(spec.get("variables")) +
        id_tokens(job, source, key),
        "steps": steps(spec, timeout),
        "hooks": hooks(spec.get("hooks")),
        "image": image(spec.get("image")),
        "services": [image(service) for service in spec.get("services") or []],
        "artifacts": [artifact(entry) for entry in listed(spec.get("artifacts"))] or None,
        "cache": [cache(entry) for entry in listed(spec.get("cache"))],
        "credentials": [{"type": "registry", "url": urllib.parse.urlsplit(origin).netloc,
                         "username": "gitlab-ci-token", "password": job.token}],
        "dependencies": [dependency(jobs[number], job) for number in spec.get("dependencies") or []],
        "features": {"trace_sections": True, "token_mask_prefixes": ["glpat-", "glcbt-"], "failure_reasons": FAILURE_REASONS},
        "id_tokens": {},
        "policy_options": {"execution_policy_job": False, "policy_name": ""},
    }
    result.update(spec.get("raw") or {})
    return result


def repository_url(job, origin):
    scheme, _, host = origin.partition("://")
    return f"{scheme}://gitlab-ci-token:{job.token}@{host}/{job.project.path}.git"


def git_info(job, origin):
    name = job.spec.get("ref", job.project.default_branch)
    kind, commit = job.project.ref(name) or ("branch", job.spec.get("sha", "0" * 40))
    commit = job.spec.get("sha", commit)
    if kind == "tag":
        refspecs = [f"+refs/tags/{name}:refs/tags/{name}"]
    else:
        refspecs = [f"+{commit}:refs/pipelines/1", f"+refs/heads/{name}:refs/remotes/origin/{name}"]
    return {
        "repo_url": repository_url(job, origin), "repo_object_format": "sha1", "ref": name, "sha": commit,
        "before_sha": "0" * 40, "ref_type": kind, "refspecs": refspecs, "depth": int(job.spec.get("depth", 20)),
        "protected": job.spec.get("protected", False)}


def predefined(job, origin, source, name, stage, timeout):
    """The variables that GitLab itself sets."""
    project = job.project
    url = f"{origin}/{project.path}"
    host, of = urllib.parse.urlsplit(origin), pipeline(job.spec)
    public = {
        "CI": "true", "GITLAB_CI": "true", "CI_SERVER": "yes", "CI_SERVER_URL": origin, "CI_SERVER_HOST": host.hostname,
        "CI_SERVER_PORT": str(host.port or {"http": 80, "https": 443}[host.scheme]), "CI_SERVER_PROTOCOL": host.scheme,
        "CI_SERVER_FQDN": host.netloc, "CI_SERVER_NAME": "GitLab", "CI_SERVER_VERSION": "19.3.0",
        "CI_API_V4_URL": f"{origin}/api/v4", "CI_JOB_ID": str(job.number), "CI_JOB_URL": f"{url}/-/jobs/{job.number}",
        "CI_JOB_NAME": name, "CI_JOB_STAGE": stage, "CI_JOB_TIMEOUT": str(timeout), "CI_PIPELINE_ID": str(of["id"]),
        "CI_PIPELINE_IID": str(of["iid"]), "CI_PIPELINE_SOURCE": of["source"], "CI_PIPELINE_URL": f"{url}/-/pipelines/{of['id']}",
        "CI_PROJECT_ID": str(project.number), "CI_PROJECT_NAME": project.name, "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_PATH_SLUG": slug(project.path), "CI_PROJECT_URL": url, "CI_PROJECT_NAMESPACE": project.namespace,
        "CI_PROJECT_ROOT_NAMESPACE": project.path.split("/")[0], "CI_COMMIT_SHA": source["sha"],
        "CI_COMMIT_SHORT_SHA": source["sha"][:8], "CI_COMMIT_BEFORE_SHA": source["before_sha"],
        "CI_COMMIT_REF_NAME": source["ref"], "CI_COMMIT_REF_SLUG": slug(source["ref"]),
        "CI_COMMIT_REF_PROTECTED": str(bool(source["protected"])).lower(), "CI_DEFAULT_BRANCH": project.default_branch,
        "CI_CONFIG_PATH": ".gitlab-ci.yml",
        "CI_COMMIT_TAG" if source["ref_type"] == "tag" else "CI_COMMIT_BRANCH": source["ref"], **of_environment(job.spec)}
    if of["merge_request"]:
        del public["CI_COMMIT_BRANCH"]
        public.update(of_merge_request(of["merge_request"], project))
    secret = {"CI_JOB_TOKEN": (job.token, True), "CI_REGISTRY_USER": ("gitlab-ci-token", False),
              "CI_REGISTRY_PASSWORD": (job.token, True), "CI_REPOSITORY_URL": (source["repo_url"], False)}
    return [variable(key, value, raw=True) for key, value in public.items()] + \
        [variable(key, value, public=False, masked=masked, raw=True) for key, (value, masked) in secret.items()]


def pipeline(spec):
    """The pipeline that the job belongs to; a job that was posted alone belongs to one of its own."""
    return {"id": 1, "iid": 1, "source": "push", "merge_request": None, **(spec.get("pipeline") or {})}


def of_environment(spec):
    """`environment` is a name; what else the pipeline says of it stands in `environment_details`."""
    name, details = spec.get("environment"), spec.get("environment_details") or {}
    if not name:
        return {}
    given = {"CI_ENVIRONMENT_NAME": name, "CI_ENVIRONMENT_SLUG": slug(name)[:24], "CI_ENVIRONMENT_ACTION": details.get("action", "start"),
             "CI_ENVIRONMENT_TIER": details.get("tier")}
    return {key: value for key, value in given.items() if value}


def of_merge_request(request, project):
    """From what REST tells of a merge request."""
    return {"CI_MERGE_REQUEST_ID": str(request["id"]), "CI_MERGE_REQUEST_IID": str(request["iid"]),
            "CI_MERGE_REQUEST_TITLE": request["title"], "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
            "CI_MERGE_REQUEST_REF_PATH": f"refs/merge-requests/{request['iid']}/head",
            "CI_MERGE_REQUEST_PROJECT_ID": str(project.number), "CI_MERGE_REQUEST_PROJECT_PATH": project.path,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": project.path, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": request["source_branch"],
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": request["target_branch"]}


def slug(text):
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower())[:63].strip("-")


def variable(key, value, public=True, masked=False, file=False, raw=False):
    return {"key": key, "value": str(value), "public": public, "file": file, "masked": masked, "raw": raw}


def variables(given):
    """From `{"KEY": "value"}` or a list of objects with at least `key` and `value`."""
    if isinstance(given, dict):
        return [variable(key, value) for key, value in given.items()]
    return [variable(**entry) for entry in given or []]


def id_tokens(job, source, key):
    """A masked variable for each of the job's ID tokens."""
    return [variable(name, key.sign(oidc.claims(given["aud"], job, source)), public=False, masked=True, raw=True)
            for name, given in (job.spec.get("id_tokens") or {}).items()]


def steps(spec, timeout):
    result = [{"name": "script", "script": lines(spec.get("script")), "timeout": timeout, "when": "on_success",
               "allow_failure": False}]
    if spec.get("after_script"):
        result.append({"name": "after_script", "script": lines(spec["after_script"]), "timeout": timeout, "when": "always",
                       "allow_failure": True})
    return result


def lines(script):
    return [script] if isinstance(script, str) else list(script or [])


def listed(value):
    return value if isinstance(value, list) else [value] if value else []


def hooks(given):
    """From `{"pre_get_sources_script": […]}` or GitLab's own list."""
    if isinstance(given, dict):
        return [{"name": name, "script": lines(script)} for name, script in given.items()]
    return given or []


def image(given):
    """An image or a service, from its name or from an object that may lack everything but the name."""
    if given is None:
        return None
    result = {"name": given} if isinstance(given, str) else dict(given)
    if "variables" in result:
        result["variables"] = variables(result["variables"])
    options = result.get("executor_opts") or {}
    docker = {key: result.pop(key) for key in ("user", "platform") if key in result}
    result["executor_opts"] = {**options, "docker": {"platform": "", "user": "", **options.get("docker", {}), **docker}}
    return result


def artifact(given):
    return {"name": None, "untracked": False, "paths": [], "exclude": [], "when": "on_success", "artifact_type": "archive",
            "artifact_format": "zip", "expire_in": None, **given}


def cache(given):
    return {"key": "default", "untracked": False, "policy": "pull-push", "paths": [], "when": "on_success",
            "fallback_keys": [], **given}


def dependency(earlier, job):
    """An earlier job; its artifacts can be fetched with the token of the job that runs."""
    result = {"id": earlier.number, "name": earlier.spec.get("name", "job"), "token": job.token}
    for stored in earlier.artifacts:
        if stored["type"] == "archive":
            result["artifacts_file"] = {"filename": stored["filename"], "size": stored["size"]}
    return result
