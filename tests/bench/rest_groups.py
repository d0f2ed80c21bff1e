"""REST: groups and namespaces."""

from calls import Page, not_found, route
from rest_projects import listing


def describe_group(call, group):
    parent = call.world.groups.get(group.path.rpartition("/")[0])
    return {"id": group.number, "web_url": f"{call.origin}/groups/{group.path}", "name": group.name, "path": group.name,
            "description": "", "visibility": group.visibility, "share_with_group_lock": False, "require_two_factor_authentication": False,
            "project_creation_level": "developer", "auto_devops_enabled": None, "subgroup_creation_level": "maintainer",
            "default_branch": None, "default_branch_protection": 2, "lfs_enabled": True, "full_name": group.path.replace("/", " / "),
            "full_path": group.path, "created_at": group.created, "parent_id": parent.number if parent else None, "archived": False,
            "shared_runners_setting": "enabled", "marked_for_deletion_on": None}


def describe_namespace(call, group):
    parent = call.world.groups.get(group.path.rpartition("/")[0])
    return {"id": group.number, "name": group.name, "path": group.path.rpartition("/")[2], "kind": "user" if group.owner else "group",
            "full_path": group.path, "parent_id": parent.number if parent else None, "avatar_url": None,
            "web_url": f"{call.origin}/{'' if group.owner else 'groups/'}{group.path}"}


def seen(call):
    groups = sorted(call.world.groups.values(), key=lambda one: one.number)
    return [one for one in groups if call.world.sees_group(call.user, one)]


@route("GET", "groups")
def groups(call):
    return Page([one for one in seen(call) if not one.owner and (call.text("search") or "") in one.path],
                lambda one: describe_group(call, one), ("id_after", lambda one: one.number))


@route("GET", "groups/:group")
def group(call):
    if call.group.owner:
        raise not_found("Group")
    return describe_group(call, call.group)


@route("GET", "groups/:group/subgroups")
def subgroups(call):
    return Page([one for one in seen(call) if one.path.rpartition("/")[0] == call.group.path], lambda one: describe_group(call, one))


@route("GET", "groups/:group/projects")
def group_projects(call):
    place = call.group.path
    deep = call.flag("include_subgroups", False)
    records = [one for one in call.world.all_records() if one.project.namespace == place or deep
               and one.project.path.startswith(place + "/")]
    return listing(call, records)


@route("GET", "groups/:group/members")
@route("GET", "groups/:group/members/all")
def group_members(call):
    world = call.world
    levels = {name: world.group_role(user, call.group.path) for name,
              user in world.users.items() if not user.admin or name in call.group.members}
    return Page([(world.users[name], level) for name, level in levels.items() if level],
                lambda one: {**one[0].describe(call.origin), "access_level": one[1], "expires_at": None})


@route("GET", "namespaces")
def namespaces(call):
    return Page([one for one in seen(call) if (call.text("search") or "") in one.path], lambda one: describe_namespace(call, one))


@route("GET", "namespaces/:namespace")
def namespace(call):
    found = call.world.find_group(call["namespace"])
    if not found or not call.world.sees_group(call.user, found):
        raise not_found("Namespace")
    return describe_namespace(call, found)


@route("GET", "namespaces/:namespace/exists")
def namespace_exists(call):
    parent = next((one for one in call.world.groups.values() if one.number == call.number("parent_id")), None)
    path = f"{parent.path}/{call['namespace']}" if parent else call["namespace"]
    exists = path in call.world.groups
    return {"exists": exists, "suggests": [call["namespace"] + "1"] if exists else []}


