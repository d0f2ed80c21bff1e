"""The state of the GitLab stand-in as JSON: all of it, or only what two runs of the same acts have in common."""

import re

# What differs from run to run.
VOLATILE = {"id", "iid", "project_id", "created_at", "updated_at", "token", "sha", "merged_at", "closed_at", "user_id", "group_id",
            "deploy_key_id", "alert_status", "disabled_until", "access_level_description", "ip_address", "projects", "group",
            "contacted_at"}


def complete(world):
    return {
        "edition": world.edition, "moved": world.moved,
        "users": [{"id": one.number, "username": one.username, "admin": one.admin, "bot": one.bot} for one in world.users.values()],
        "groups": [{"id": one.number, "path": one.path, "visibility": one.visibility, "members": one.members}
                   for one in world.groups.values()],
        "tokens": [{**one.describe(), "token": one.value, "user": one.user.username, "project": one.project and one.project.path}
                   for one in world.tokens.values()],
        "runners": list(world.runners.values()),
        "projects": {record.project.path: project(world, record) for record in world.all_records()}}


def project(world, record):
    own = {name: getattr(record, name) for name in record.LISTS if name != "runners"}
    return {
        "id": record.project.number, "settings": settings(record), **own, "members": record.members, "push_rule": record.push_rule,
        "job_token_scope": record.job_token_scope,
        "access_tokens": [{**one.describe(), "token": one.value} for one in tokens(world, record)],
        "runners": [one for one in world.runners.values() if record.project.number in one["projects"]],
        "branches": {name: {"sha": commit, **branch(record.project, commit)} for name, commit in record.project.branches().items()},
        "tags": record.project.refs("refs/tags/")}


def tokens(world, record):
    return [one for one in world.tokens.values() if one.project is record.project and one.level]


def settings(record):
    return {"name": record.title, "default_branch": record.project.default_branch if record.project.branches() else None,
            "archived": record.archived, "import_status": record.import_status, "marked_for_deletion_on": record.marked_for_deletion_on,
            **record.settings}


def branch(repository, commit):
    """Files by path, and the titles of the commits, newest first."""
    listing = repository.git("ls-tree", "-r", "-z", "--full-tree", commit).decode(errors="replace").split("\0")
    files = [re.match(r"(\d+) \w+ (\w+)\t(.*)", line, re.DOTALL).groups() for line in listing if line]
    titles = repository.git("log", "-500", "--format=%s", commit).decode(errors="replace").splitlines()
    return {"files": [{"path": path, "mode": mode, "id": oid} for mode, oid, path in files], "commits": titles}


# ---- what is the same every time --------------------------------------------------------------------------------------

def stable(world):
    return {
        "edition": dict(world.edition),
        "groups": [{"path": path, "visibility": world.groups[path].visibility} for path in sorted(world.groups)],
        "users": [{"username": one.username, "admin": one.admin} for one in sorted(world.users.values(), key=lambda one: one.username)
                  if not one.bot],
        "projects": {record.project.path: stable_project(world, record) for record in
                     sorted(world.all_records(), key=lambda one: one.project.path)}}


def bare(value):
    """Without what differs, at any depth."""
    if isinstance(value, dict):
        return {name: bare(one) for name, one in value.items() if name not in VOLATILE}
    if isinstance(value, list):
        return [bare(one) for one in value]
    return value


def levels(world, given):
    """Access levels as numbers; users, groups and keys by name."""
    users = {one.number: one.username for one in world.users.values()}
    groups = {one.number: one.path for one in world.groups.values()}
    result = []
    for one in given:
        if one.get("user_id"):
            result.append({"user": users.get(one["user_id"])})
        elif one.get("group_id"):
            result.append({"group": groups.get(one["group_id"])})
        elif one.get("deploy_key_id"):
            result.append({"deploy_key": True})
        else:
            result.append(one["access_level"])
    return sorted(result, key=str)


def protections(world, items):
    return ordered([{**bare(one), **{name: levels(world, value) for name, value in one.items() if name.endswith("_levels")}}
                    for one in items],
                   "name")


def ordered(items, *names):
    return sorted(items, key=lambda one: [str(one.get(name)) for name in names])


def stable_project(world, record):
    repository = record.project
    paths = {one.project.number: one.project.path for one in world.all_records()}
    groups = {one.number: one.path for one in world.groups.values()}
    scope, shown = record.job_token_scope, settings(record)
    shown["marked_for_deletion"] = bool(shown.pop("marked_for_deletion_on"))
    requests = [{name: one[name] for name in ("source_branch", "target_branch", "title", "state", "labels", "description")} |
                {"squash": one["squash"], "remove_source_branch": one["force_remove_source_branch"], "auto_merge": bool(one["auto_merge"]),
                 "notes": [note["body"] for note in one["notes"]]} for one in record.merge_requests]
    branch_of = {f"refs/merge-requests/{one['iid']}/head": one["source_branch"] for one in record.merge_requests}
    return {
        "settings": shown, "variables": ordered([dict(one) for one in record.variables], "key", "environment_scope"),
        "protected_branches": protections(world, record.protected_branches), "protected_tags": protections(world, record.protected_tags),
        "protected_environments": protections(world, record.protected_environments),
        "environments": ordered([{name: one[name] for name in ("name", "tier", "external_url", "state", "description")}
                                 for one in record.environments], "name"),
        "access_tokens": ordered([{"name": one.name, "scopes": sorted(one.scopes), "access_level": one.level, "expires_at": one.expires_at,
                                   "revoked": one.revoked} for one in tokens(world, record)], "name", "revoked"),
        "deploy_tokens": ordered([{"name": one["name"], "scopes": sorted(one["scopes"])} for one in record.deploy_tokens], "name"),
        "job_token_scope": {"enabled": scope["enabled"], "projects": sorted(paths.get(one, "") for one in scope["projects"]),
                            "groups": sorted(groups.get(one, "") for one in scope["groups"])},
        "hooks": ordered(bare(record.hooks), "url"), "badges": ordered(bare(record.badges), "name", "link_url"),
        "push_rule": bare(record.push_rule),
        "runners": ordered([bare(one) for one in world.runners.values() if repository.number in one["projects"]], "description"),
        "members": {name: level for name, level in sorted(record.members.items()) if not world.users[name].bot},
        "merge_requests": requests,
        "pipelines": [{"ref": one["ref"] if one["ref"] not in branch_of else branch_of[one["ref"]], "source": one["source"],
                       "status": one["status"]} for one in record.pipelines],
        "branches": {name: branch(repository, commit) for name, commit in sorted(repository.branches().items())},
        "tags": {name: branch(repository, target)["commits"][0] for name, target in sorted(repository.refs("refs/tags/").items())}}
