"""A new repository as `bootstrap-repo` makes it, by a client that is not ours: `same_by_python_gitlab.py URL TOKEN ORDER.json`.

ORDER.json is an order of `bootstrap-repo --from`, with `files` (texts by path) and `message` of the first commit beside it, for
those come of templates that no client of GitLab knows. Prints what this client cannot set: names in the stand-in's state, one a line."""

import json
import sys

import gitlab
from gitlab.const import AccessLevel

# What a project is beside its order. Source: docs/bootstrap.md.
SETTINGS = {
    "topics": ["baws-managed"], "auto_devops_enabled": False, "only_allow_merge_if_pipeline_succeeds": True,
    "only_allow_merge_if_all_discussions_are_resolved": True, "remove_source_branch_after_merge": True,
    "container_registry_access_level": "disabled"}
# Taken only by a project that is there.
LATER = {
    "auto_cancel_pending_pipelines": "enabled", "ci_default_git_depth": 20, "ci_separated_caches": True,
    "ci_forward_deployment_enabled": True, "ci_forward_deployment_rollback_allowed": True}
EVENTS = ("push_events", "tag_push_events", "merge_requests_events", "pipeline_events", "deployment_events", "enable_ssl_verification")


def tier(name):
    """Of an environment whose order says none."""
    return "production" if name.startswith("prod") else "development"


def make(client, order):
    group, name = order["project"].rsplit("/", 1)
    project = client.projects.create({
        "name": name, "namespace_id": client.groups.get(group).id, "description": order["description"], "visibility": "internal", **SETTINGS})
    client.projects.update(project.id, LATER)
    for one in order["variables"]:
        given = dict(one)
        project.variables.create({"variable_type": given.pop("type", "env_var"), **given})
    project.protectedbranches.create({
        "name": "main", "push_access_level": AccessLevel.MAINTAINER, "merge_access_level": AccessLevel.DEVELOPER})
    project.protectedtags.create({"name": "*.*.*", "create_access_level": AccessLevel.MAINTAINER})
    for one in order["environments"]:
        made = {"name": one["name"], "tier": tier(one["name"])}
        project.environments.create({**made, "external_url": one["url"]} if "url" in one else made)
        if one.get("protected"):
            levels = [{"access_level": AccessLevel.MAINTAINER}]
            project.protected_environments.create({"name": one["name"], "deploy_access_levels": levels})
    scope = project.job_token_scope.get()
    scope.enabled = True
    scope.save()
    for path in order["allow_job_tokens_of"]:
        scope.allowlist.create({"target_project_id": client.projects.get(path).id})
    for one in order["webhooks"]:
        project.hooks.create({"url": one["url"], **dict.fromkeys(EVENTS, True)})
    for one in order["badges"]:
        project.badges.create({"name": one["name"], "link_url": one["link"], "image_url": one["image"]})
    actions = [{"action": "create", "file_path": path, "content": text} for path, text in order["files"].items()]
    project.commits.create({"branch": "main", "commit_message": order["message"], "actions": actions})


def main():
    url, token, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        order = json.load(file)
    client = gitlab.Gitlab(url, private_token=token)
    client.auth()
    make(client, order)


if __name__ == "__main__":
    main()
