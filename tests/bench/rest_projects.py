"""REST: projects, from their creation to their deletion."""

import re

from calls import DEVELOPER, MAINTAINER, OWNER, Page, Wrong, forbidden, not_found, now, route, today
from project_settings import check_place, check_visibility, invalid, taken

INTERNAL_SETTINGS = ("group_runners_enabled_by_default",)


def describe_project(call, record):
    world, project = call.world, record.project
    url, host = f"{call.origin}/{project.path}", call.origin.partition("://")[2].partition(":")[0]
    namespace = world.groups.get(project.namespace) or world.group(project.namespace)
    empty = not project.branches()
    own, group_level = record.members.get(call.user.username), world.group_role(call.user, project.namespace)
    shown = {name: value for name, value in record.settings.items() if name not in INTERNAL_SETTINGS}
    return {
        "id": project.number, "name": record.title, "path": project.name, "path_with_namespace": project.path,
        "name_with_namespace": f"{project.namespace.replace('/', ' / ')} / {record.title}", "created_at": record.created,
        "last_activity_at": record.active_at, "updated_at": record.active_at, "default_branch": None if empty else project.default_branch,
        "empty_repo": empty, "archived": record.archived, "import_status": record.import_status, "import_error": None, "import_url": None,
        "marked_for_deletion_on": record.marked_for_deletion_on, "marked_for_deletion_at": record.marked_for_deletion_on,
        "namespace": {"id": namespace.number, "name": namespace.name, "path": namespace.name, "full_path": namespace.path,
                      "kind": "user" if namespace.owner else "group", "parent_id": getattr(
                          world.groups.get(namespace.path.rpartition("/")[0]), "number", None), "avatar_url": None,
                      "web_url": f"{call.origin}/{'' if namespace.owner else 'groups/'}{namespace.path}"},
        "web_url": url, "http_url_to_repo": url + ".git", "ssh_url_to_repo": f"git@{host}:{project.path}.git",
        "readme_url": None if empty else f"{url}/-/blob/{project.default_branch}/README.md", "avatar_url": None, "forks_count": 0,
        "star_count": 0, "open_issues_count": 0, "creator_id": record.creator.number, "tag_list": record.settings["topics"],
        "shared_with_groups": [], "compliance_frameworks": [], "container_registry_image_prefix": f"{host}/{project.path}",
        "repository_object_format": "sha1", "ci_restrict_pipeline_cancellation_role": "developer",
        "_links": {"self": f"{call.origin}/api/v4/projects/{project.number}"},
        "permissions": {"project_access": {"access_level": own, "notification_level": 3} if own else None,
                        "group_access": {"access_level": group_level, "notification_level": 3} if group_level else None},
        **shown, "build_coverage_regex": None}


def listing(call, records):
    """The projects that a list call shows, by the filters that all lists have."""
    world = call.world
    if call.has("archived"):
        records = [one for one in records if one.archived == call.flag("archived")]
    if call.get("search"):
        records = [one for one in records if call.text("search").lower() in one.project.path.lower()]
    if call.get("topic"):
        records = [one for one in records if set(call.list("topic")) <= set(one.settings["topics"])]
    if call.get("visibility"):
        records = [one for one in records if one.settings["visibility"] == call.text("visibility")]
    if call.flag("membership", False) or call.flag("owned", False):
        least = OWNER if call.flag("owned", False) else 1
        records = [one for one in records if max(one.members.get(call.user.username, 0),
                                                 world.group_role(call.user, one.project.namespace)) >= least]
    if call.number("min_access_level"):
        records = [one for one in records if world.role(call.user, one) >= call.number("min_access_level")]
    if not call.flag("include_pending_delete", False) and call.flag("active", False):
        records = [one for one in records if not one.marked_for_deletion_on and not one.archived]
    records = [one for one in records if world.sees(call.user, one)]
    order = call.one_of("order_by", ("id", "name", "path", "created_at", "updated_at", "last_activity_at", "similarity", "star_count"),
                        "created_at")
    upward = call.one_of("sort", ("asc", "desc"), "desc") == "asc"
    keys = {"name": lambda one: one.title, "path": lambda one: one.project.path, "last_activity_at": lambda one: one.active_at,
            "updated_at": lambda one: one.active_at}
    records = sorted(records, key=keys.get(order, lambda one: one.project.number), reverse=not upward)
    if call.text("pagination") == "keyset" and order not in ("id", "created_at"):
        raise Wrong(405, error="Keyset pagination is not yet available for this type of request")
    show = (lambda one: simple(describe_project(call, one))) if call.flag("simple", False) else (lambda one: describe_project(call, one))
    return Page(records, show, ("id_after" if upward else "id_before", lambda one: one.project.number))


def simple(project):
    return {name: project[name] for name in (
        "id", "description", "name", "name_with_namespace", "path", "path_with_namespace", "created_at", "default_branch", "topics",
        "ssh_url_to_repo", "http_url_to_repo", "web_url", "last_activity_at", "namespace", "visibility")}


@route("GET", "projects")
def projects(call):
    return listing(call, call.world.all_records())


@route("GET", "projects/:project", scopes=("api", "read_api"))
def project(call):
    return describe_project(call, call.record)


@route("POST", "projects")
def create_project(call):
    world, user = call.world, call.user
    if call.get("name") in (None, "") and call.get("path") in (None, ""):
        raise Wrong(400, error="name is missing, path is missing")
    path = call.text("path") or re.sub(r"[^\w.-]+", "-", call.text("name").lower()).strip("-._")
    name = call.text("name") or path
    group = namespace_of(call)
    role = world.group_role(user, group.path)
    if not user.admin and role < DEVELOPER:
        if not world.sees_group(user, group):
            raise Wrong(404, "404 Namespace Not Found")
        raise forbidden()
    settings = taken(call.parameters)
    settings.setdefault("visibility", "private")
    full = f"{group.path}/{path}"
    beside = [one for one in world.all_records() if one.project.namespace == group.path]
    is_taken = full.lower() in {one.project.path.lower() for one in beside} | {one.lower() for one in world.groups} or \
        name.lower() in {one.title.lower() for one in beside}
    check_place(name, path, is_taken)
    check_visibility(settings["visibility"], group)
    if settings.get("mirror") and not call.get("import_url"):
        raise invalid({"import_url": ["can't be blank"]})
    record = world.create(full, user)
    record.title = name
    record.settings.update(settings)
    if call.flag("initialize_with_readme", False):
        branch = call.text("default_branch") or "main"
        # A full ref leaves the project without a first commit, silently; so does GitLab.
        if not branch.startswith("refs/"):
            record.project.make_default(branch)
            record.project.commit(branch, "Initial commit", {"README.md": f"# {name}\n".encode()}, author=f"{user.name} <{user.email}>")
            world.moved_on(record, {}, user)
    call.handler.facts["project"] = full
    return 201, describe_project(call, record)


def namespace_of(call):
    """Where a new project goes: `namespace_id`, the stand-in's own `namespace_path`, or the caller's own place."""
    if call.get("namespace_id") not in (None, ""):
        number = call.number("namespace_id")
        group = next((one for one in call.world.groups.values() if one.number == number), None)
        if not group or not call.world.sees_group(call.user, group):
            raise Wrong(404, "404 Namespace Not Found")
        return group
    if call.get("namespace_path"):
        return call.world.group(call.text("namespace_path"))
    group = call.world.groups.get(call.user.username)
    if not group:
        raise invalid({"namespace": ["is not valid"]})
    return group


@route("PUT", "projects/:project", role=MAINTAINER)
def edit_project(call):
    world, record = call.world, call.record
    settings = taken(call.parameters)
    beside = [one for one in world.all_records() if one.project.namespace == record.project.namespace and one is not record]
    if call.get("name"):
        check_place(call.text("name"), record.project.name, call.text("name").lower() in {one.title.lower() for one in beside})
    if "visibility" in settings:
        check_visibility(settings["visibility"], world.groups[record.project.namespace])
    branch = call.text("default_branch")
    if branch and branch != record.project.default_branch:
        if branch not in record.project.branches():
            raise Wrong(400, {"base": [f"Could not change HEAD: branch '{branch}' does not exist"]})
        record.project.make_default(branch)
    path = call.text("path")
    if path and path != record.project.name:
        check_place(record.title, path, path.lower() in {one.project.name.lower() for one in beside})
        old = record.project.path
        world.repositories.rename(record.project, f"{record.project.namespace}/{path}")
        world.moved[old] = str(record.project.number)
    record.title = call.text("name") or record.title
    record.settings.update(settings)
    record.active_at = now()
    return describe_project(call, record)


@route("DELETE", "projects/:project", role=OWNER)
def delete_project(call):
    record = call.record
    if call.flag("permanently_remove", False):
        if not record.marked_for_deletion_on:
            raise Wrong(400, "Project must be marked for deletion first.")
        if call.text("full_path") != record.project.path:
            raise Wrong(400, "`full_path` is incorrect. You must enter the complete path for the project.")
        call.world.remove(record)
    elif record.marked_for_deletion_on:
        raise Wrong(400, "Project has already been marked for deletion")
    else:
        record.marked_for_deletion_on = today().isoformat()
    return 202, {"message": "202 Accepted"}


@route("POST", "projects/:project/restore", role=OWNER)
def restore(call):
    call.record.marked_for_deletion_on = None
    return 201, describe_project(call, call.record)


@route("POST", "projects/:project/archive", role=OWNER)
def archive(call):
    call.record.archived = True
    return 201, describe_project(call, call.record)


@route("POST", "projects/:project/unarchive", role=OWNER)
def unarchive(call):
    call.record.archived = False
    return 201, describe_project(call, call.record)


@route("GET", "projects/:project/members")
@route("GET", "projects/:project/members/all")
def members(call):
    world, record = call.world, call.record
    levels = {name: max(record.members.get(name, 0), world.group_role(user, record.project.namespace)) for name,
              user in world.users.items()}
    return Page([(world.users[name], level) for name, level in levels.items() if level],
                lambda one: {**one[0].describe(call.origin), "access_level": one[1], "expires_at": None, "membership_state": "active"})


@route("POST", "projects/:project/members", role=MAINTAINER)
def add_member(call):
    number, level = call.need("user_id", "access_level")
    user = next((one for one in call.world.users.values() if one.number == int(number)), None)
    if not user:
        raise not_found("User")
    if user.username in call.record.members:
        raise Wrong(409, "Member already exists")
    call.record.members[user.username] = int(level)
    return 201, {**user.describe(call.origin), "access_level": int(level), "expires_at": None}


