"""REST: runners, as their owners see them. What a runner itself asks is in `runner_api`."""

import secrets

from calls import MAINTAINER, Page, Wrong, forbidden, not_found, route

SCOPES = ("api", "create_runner")


def show(runner):
    return {name: runner[name] for name in ("id", "description", "active", "paused", "is_shared", "runner_type", "name", "online", "status",
                                            "ip_address")}


def details(call, runner):
    projects = [call.world.of(one) for one in map(call.world.project, runner["projects"]) if one]
    return {**show(runner), "tag_list": runner["tag_list"], "run_untagged": runner["run_untagged"], "locked": runner["locked"],
            "maximum_timeout": runner["maximum_timeout"], "access_level": runner["access_level"],
            "maintenance_note": runner["maintenance_note"], "version": None, "revision": None, "platform": None, "architecture": None,
            "contacted_at": None, "groups": [], "projects": [{"id": one.project.number, "path_with_namespace": one.project.path}
                                                             for one in projects]}


@route("POST", "user/runners", scopes=SCOPES)
def create_runner(call):
    world, kind = call.world, call.need("runner_type")
    call.one_of("runner_type", ("instance_type", "group_type", "project_type"))
    projects, group = [], None
    if kind == "project_type":
        record = owned_project(call, call.need("project_id"))
        projects = [record.project.number]
    elif kind == "group_type":
        group = world.find_group(str(call.need("group_id")))
        if not group or not world.sees_group(call.user, group):
            raise not_found("Group")
        if not call.user.admin and world.group_role(call.user, group.path) < 50:
            raise forbidden()
    elif not call.user.admin:
        raise forbidden()
    if len(call.text("maintenance_note") or "") > 1024:
        raise Wrong(400, {"maintainer_note": ["is too long (maximum is 1024 characters)"]})
    tags, untagged = call.list("tag_list"), call.flag("run_untagged", True)
    if not tags and not untagged:
        raise Wrong(400, "Tags list can not be empty when runner is not allowed to pick untagged jobs")
    number, value = world.number("runner"), "glrt-" + secrets.token_urlsafe(15).replace("_", "x").replace("-", "y")
    world.runners[number] = {
        "id": number, "description": call.text("description") or "", "active": not call.flag("paused", False),
        "paused": call.flag("paused", False), "is_shared": kind == "instance_type", "runner_type": kind, "name": None, "online": False,
        "status": "never_contacted", "ip_address": "", "tag_list": tags, "run_untagged": untagged, "locked": call.flag("locked", False),
        "maximum_timeout": call.number("maximum_timeout"), "maintenance_note": call.get("maintenance_note"), "token": value,
        "access_level": call.one_of("access_level", ("not_protected", "ref_protected"), "not_protected"), "projects": projects,
        "group": group.path if group else None}
    world.coordinator.runners.add(value)
    return 201, {"id": number, "token": value, "token_expires_at": None}


def owned_project(call, number):
    project = call.world.project(number)
    if not project or not call.world.sees(call.user, call.world.of(project)):
        raise not_found("Project")
    if call.world.role(call.user, call.world.of(project)) < MAINTAINER:
        raise forbidden()
    return call.world.of(project)


def find(call, number):
    runner = call.world.runners.get(number)
    if not runner:
        raise not_found("Runner")
    if call.user.admin or any(call.world.role(call.user, call.world.of(project)) >= MAINTAINER
                              for project in map(call.world.project, runner["projects"]) if project):
        return runner
    raise Wrong(403, "403 Forbidden - No access granted")


@route("GET", "runners")
def runners(call):
    """Those of the user's groups and projects; never those of the whole GitLab."""
    return Page([one for one in call.world.runners.values() if one["runner_type"] != "instance_type" and (call.user.admin or one["projects"])],
                show)


@route("GET", "runners/all")
def all_runners(call):
    if not call.user.admin:
        raise forbidden()
    return Page(list(call.world.runners.values()), show)


@route("GET", "runners/:runner")
def runner(call):
    return details(call, find(call, call.id("runner")))


@route("PUT", "runners/:runner")
def edit_runner(call):
    one = find(call, call.id("runner"))
    one.update(description=call.text("description", one["description"]), paused=call.flag("paused", one["paused"]),
               locked=call.flag("locked", one["locked"]), run_untagged=call.flag("run_untagged", one["run_untagged"]),
               tag_list=call.list("tag_list") if call.has("tag_list") else one["tag_list"],
               maximum_timeout=call.number("maximum_timeout", one["maximum_timeout"]),
               access_level=call.text("access_level", one["access_level"]))
    one["active"] = not one["paused"]
    return details(call, one)


@route("DELETE", "runners/:runner")
def delete_runner(call):
    one = find(call, call.id("runner"))
    call.world.runners.pop(one["id"])
    call.world.coordinator.runners.discard(one["token"])


@route("POST", "runners/:runner/reset_authentication_token")
def reset_token(call):
    one = find(call, call.id("runner"))
    call.world.coordinator.runners.discard(one["token"])
    one["token"] = "glrt-" + secrets.token_urlsafe(15).replace("_", "x").replace("-", "y")
    call.world.coordinator.runners.add(one["token"])
    return 201, {"id": one["id"], "token": one["token"], "token_expires_at": None}


@route("GET", "projects/:project/runners", role=MAINTAINER)
def project_runners(call):
    above = [call.project.namespace[:at] for at in range(len(call.project.namespace) + 1)]
    return Page([one for one in call.world.runners.values() if call.project.number in one["projects"] or
                 one["runner_type"] == "instance_type" and call.record.settings["shared_runners_enabled"] or
                 one["group"] in above and one["group"]], show)


@route("POST", "projects/:project/runners", role=MAINTAINER)
def assign_runner(call):
    one = find(call, int(call.need("runner_id")))
    if one["runner_type"] != "project_type":
        raise Wrong(403, f"403 Forbidden - {'Group' if one['runner_type'] == 'group_type' else 'Shared'} runners can't be enabled")
    if one["locked"]:
        raise Wrong(403, "403 Forbidden - Runner is locked")
    if call.project.number in one["projects"]:
        raise Wrong(400, {"base": ["Runner is already enabled for this project"]})
    one["projects"].append(call.project.number)
    return 201, show(one)


@route("DELETE", "projects/:project/runners/:runner", role=MAINTAINER)
def unassign_runner(call):
    one = call.world.runners.get(call.id("runner"))
    if not one or call.project.number not in one["projects"]:
        raise not_found("Runner")
    if len(one["projects"]) == 1:
        raise Wrong(403, "403 Forbidden - Only one project associated with the runner. Please remove the runner instead")
    one["projects"].remove(call.project.number)
