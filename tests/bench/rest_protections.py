"""REST: protected branches, protected tags and push rules."""

from bodies import truth
from calls import DEVELOPER, MAINTAINER, Page, Wrong, not_found, route

LEVELS = {"branch": ("0", "30", "40", "60"), "tag": ("0", "30", "40", "60")}
WHOM = ("user_id", "group_id", "deploy_key_id")
PUSH_RULE = {"commit_message_regex": "", "commit_message_negative_regex": "", "branch_name_regex": "", "deny_delete_tag": False,
             "member_check": False, "prevent_secrets": False, "author_email_regex": "", "file_name_regex": "", "max_file_size": 0,
             "commit_committer_check": False, "commit_committer_name_check": False, "reject_unsigned_commits": False,
             "reject_non_dco_commits": False}


def levels(call, single, several, default=MAINTAINER):
    """The access levels of a new protection: from `single`, and in the enterprise edition from the list `several`."""
    result = []
    given = call.get(several) if call.world.edition["enterprise"] else None
    for one in given or []:
        result.append(level(call, one))
    if call.get(single) is not None or not result:
        number = call.one_of(single, LEVELS["branch"], str(default))
        result.insert(0, call.world.level(int(number)))
    return result


def level(call, given):
    """One element of `allowed_to_…`: an access level, a user, a group or a deploy key."""
    world, record = call.world, call.record
    whom = {name: int(given[name]) for name in WHOM if given.get(name) not in (None, "")}
    if "user_id" in whom:
        user = next((one for one in world.users.values() if one.number == whom["user_id"]), None)
        if not user or not world.role(user, record):
            raise Wrong(422, ["Push access levels user is not a member of the project"])
        return world.level(MAINTAINER, access_level_description=user.name, **whom)
    if "deploy_key_id" in whom:
        if not any(one["id"] == whom["deploy_key_id"] for one in record.deploy_keys):
            raise Wrong(422, ["Push access levels deploy key is not enabled for this project"])
    if whom:
        return world.level(MAINTAINER, **whom)
    if str(given.get("access_level")) not in LEVELS["branch"]:
        raise Wrong(400, error="access_level does not have a valid value")
    return world.level(int(given["access_level"]))


def changed(call, current, given, what):
    """The levels after a PATCH: elements with an id are changed or, with `_destroy`, taken away; the others are new."""
    current = list(current)
    for one in given or []:
        number = one.get("id")
        if number is None:
            new = level(call, one)
            same = ("access_level", "user_id", "group_id", "deploy_key_id")
            if any(all(new[name] == old[name] for name in same) for old in current):
                raise Wrong(422, [f"{what} access level has already been taken"])
            current.append(new)
            continue
        old = next((index for index, there in enumerate(current) if str(there["id"]) == str(number)), None)
        if old is None:
            raise not_found("Record")
        if truth(one.get("_destroy")):
            del current[old]
        else:
            current[old] = {**level(call, one), "id": current[old]["id"]}
    return current


def find(items, name, what):
    for one in items:
        if one["name"] == name:
            return one
    raise not_found(what)


def show_branch(call):
    """CE knows neither owners' approval nor who may unprotect."""
    if call.world.edition["enterprise"]:
        return lambda one: {**one, "inherited": False}
    return lambda one: {name: value for name,
                        value in one.items() if name not in ("unprotect_access_levels", "code_owner_approval_required")}


@route("GET", "projects/:project/protected_branches", role=DEVELOPER)
def protected_branches(call):
    search = call.text("search") or ""
    return Page([one for one in call.record.protected_branches if search in one["name"]], show_branch(call))


@route("GET", "projects/:project/protected_branches/:branch", role=DEVELOPER)
def protected_branch(call):
    return show_branch(call)(find(call.record.protected_branches, call["branch"], "ProtectedBranch"))


@route("POST", "projects/:project/protected_branches", role=MAINTAINER)
def protect_branch(call):
    name = call.need("name")
    if any(one["name"] == name for one in call.record.protected_branches):
        raise Wrong(409, f"Protected branch '{name}' already exists")
    new = {"id": call.world.number("protection"), "name": name,
           "push_access_levels": levels(call, "push_access_level", "allowed_to_push"),
           "merge_access_levels": levels(call, "merge_access_level", "allowed_to_merge"),
           "unprotect_access_levels": levels(call, "unprotect_access_level", "allowed_to_unprotect") if any(
               call.has(one) for one in ("unprotect_access_level", "allowed_to_unprotect")) else [],
           "allow_force_push": call.flag("allow_force_push", False),
           "code_owner_approval_required": call.world.edition["enterprise"] and call.flag("code_owner_approval_required", False)}
    call.record.protected_branches.append(new)
    return 201, show_branch(call)(new)


@route("PATCH", "projects/:project/protected_branches/:branch", role=MAINTAINER)
def update_branch(call):
    branch = find(call.record.protected_branches, call["branch"], "ProtectedBranch")
    new = {"allow_force_push": call.flag("allow_force_push", branch["allow_force_push"])}
    if call.world.edition["enterprise"]:
        new["code_owner_approval_required"] = call.flag("code_owner_approval_required", branch["code_owner_approval_required"])
        for verb in ("push", "merge", "unprotect"):
            name = f"{verb}_access_levels"
            new[name] = changed(call, branch[name], call.get(f"allowed_to_{verb}"), f"{verb.title()} access levels")
    branch.update(new)
    return show_branch(call)(branch)


@route("DELETE", "projects/:project/protected_branches/:branch", role=MAINTAINER)
def unprotect_branch(call):
    call.record.protected_branches.remove(find(call.record.protected_branches, call["branch"], "ProtectedBranch"))


# ---- tags -------------------------------------------------------------------------------------------------------------

@route("GET", "projects/:project/protected_tags", role=DEVELOPER)
def protected_tags(call):
    return Page(call.record.protected_tags)


@route("GET", "projects/:project/protected_tags/:tag", role=DEVELOPER)
def protected_tag(call):
    return find(call.record.protected_tags, call["tag"], "ProtectedTag")


@route("POST", "projects/:project/protected_tags", role=MAINTAINER)
def protect_tag(call):
    name = call.need("name")
    if any(one["name"] == name for one in call.record.protected_tags):
        raise Wrong(409, f"Protected tag '{name}' already exists")
    new = {"name": name, "create_access_levels": levels(call, "create_access_level", "allowed_to_create")}
    call.record.protected_tags.append(new)
    return 201, new


@route("DELETE", "projects/:project/protected_tags/:tag", role=MAINTAINER)
def unprotect_tag(call):
    call.record.protected_tags.remove(find(call.record.protected_tags, call["tag"], "ProtectedTag"))


# ---- push rules -------------------------------------------------------------------------------------------------------

def rule_fields(call, before):
    result = dict(before)
    for name, default in PUSH_RULE.items():
        if isinstance(default, bool):
            result[name] = call.flag(name, before[name])
        elif isinstance(default, int):
            result[name] = call.number(name, before[name])
        elif call.has(name):
            result[name] = call.text(name, "")
    return result


@route("GET", "projects/:project/push_rule", role=MAINTAINER, premium=True)
def push_rule(call):
    if not call.record.push_rule:
        raise not_found("Push Rule")
    return call.record.push_rule


@route("POST", "projects/:project/push_rule", role=MAINTAINER, premium=True)
def create_push_rule(call):
    if call.record.push_rule:
        raise Wrong(422, "Project push rule exists")
    call.record.push_rule = rule_fields(call, {"id": call.world.number("push_rule"), "project_id": call.project.number, **PUSH_RULE})
    return 201, call.record.push_rule


@route("PUT", "projects/:project/push_rule", role=MAINTAINER, premium=True)
def edit_push_rule(call):
    if not call.record.push_rule:
        raise not_found("Push Rule")
    call.record.push_rule = rule_fields(call, call.record.push_rule)
    return call.record.push_rule


@route("DELETE", "projects/:project/push_rule", role=MAINTAINER, premium=True)
def delete_push_rule(call):
    if not call.record.push_rule:
        raise not_found("Push Rule")
    call.record.push_rule = None
