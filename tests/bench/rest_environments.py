"""REST: environments and their protection."""

import hashlib
import re

from bodies import truth
from calls import DEVELOPER, MAINTAINER, REPORTER, Page, Wrong, forbidden, not_found, now, route

TIERS = ("production", "staging", "testing", "development", "other")


def slug(name):
    """GitLab's slug: at most 24 characters; one that had to be cut or changed ends in a part of a digest."""
    text = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]", "-", name.lower())).strip("-")
    text = text if re.match(r"[a-z]", text) else "env-" + text
    if len(text) > 24 or text != name:
        text = f"{text[:17].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return text


def guessed_tier(name):
    for tier, pattern in (("production", "prod|live"), ("staging", "stag|model|pre|demo|non.?prod"), ("testing", "test|tst|int|acc|qa"),
                          ("development", "dev|review|trunk")):
        if re.search(pattern, name, re.IGNORECASE):
            return tier
    return "other"


def show(one):
    return dict(one)


@route("GET", "projects/:project/environments", role=REPORTER, scopes=("api", "read_api", "job"))
def environments(call):
    items = call.record.environments
    if call.get("name"):
        items = [one for one in items if one["name"] == call.text("name")]
    if call.get("search"):
        items = [one for one in items if call.text("search") in one["name"]]
    if call.get("states"):
        items = [one for one in items if one["state"] == call.text("states")]
    return Page(items, show)


@route("GET", "projects/:project/environments/:environment", role=REPORTER, scopes=("api", "read_api", "job"))
def environment(call):
    return show(call.found(call.record.environments, "environment", "Environment"))


@route("POST", "projects/:project/environments", role=DEVELOPER, frozen=True)
def create_environment(call):
    name = call.need("name")
    if any(one["name"] == name for one in call.record.environments):
        raise Wrong(400, {"name": ["has already been taken"]})
    if not re.fullmatch(r"[a-zA-Z0-9_/${}. -]{1,255}", name) or name.strip("/") != name:
        raise Wrong(400, {"name": ["can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
                                   "but it cannot start or end with '/'"]})
    new = {"id": call.world.number("environment"), "name": name, "slug": slug(name), "external_url": call.get("external_url"),
           "description": call.get("description"), "tier": call.one_of("tier", TIERS, guessed_tier(name)), "state": "available",
           "created_at": now(), "updated_at": now(), "auto_stop_at": None,
           "auto_stop_setting": call.one_of("auto_stop_setting", ("always", "with_action"), "always"),
           "kubernetes_namespace": None, "flux_resource_path": None, "cluster_agent": None}
    call.record.environments.append(new)
    return 201, show(new)


@route("PUT", "projects/:project/environments/:environment", role=DEVELOPER, frozen=True)
def edit_environment(call):
    one = call.found(call.record.environments, "environment", "Environment")
    one.update(external_url=call.get("external_url", one["external_url"]), tier=call.one_of("tier", TIERS, one["tier"]),
               description=call.get("description", one["description"]), updated_at=now(),
               auto_stop_setting=call.one_of("auto_stop_setting", ("always", "with_action"), one["auto_stop_setting"]))
    return show(one)


@route("POST", "projects/:project/environments/:environment/stop", role=DEVELOPER, frozen=True)
def stop_environment(call):
    one = call.found(call.record.environments, "environment", "Environment")
    one.update(state="stopped", updated_at=now())
    return show(one)


@route("DELETE", "projects/:project/environments/:environment", role=DEVELOPER, frozen=True)
def delete_environment(call):
    one = call.found(call.record.environments, "environment", "Environment")
    if one["state"] != "stopped":
        raise forbidden()
    call.record.environments.remove(one)


# ---- protected environments -------------------------------------------------------------------------------------------

def deployers(call, given):
    result = []
    for one in given or []:
        level = {"id": call.world.number("level"), "access_level": None, "user_id": None, "group_id": None, "group_inheritance_type": 0}
        for name in ("access_level", "user_id", "group_id", "group_inheritance_type", "required_approvals"):
            if one.get(name) not in (None, ""):
                level[name] = int(one[name])
        names = {30: "Developers + Maintainers", 40: "Maintainers", 60: "Administrator"}
        level["access_level_description"] = names.get(level["access_level"], "Somebody")
        if level["access_level"] is None and level["user_id"] is None and level["group_id"] is None:
            raise Wrong(400, error="access_level, user_id, group_id are missing, at least one parameter must be provided")
        result.append(level)
    return result


def changed(call, current, given):
    """As for protected branches: by id, with `_destroy`; all else is added."""
    current = list(current)
    for one in given or []:
        if one.get("id") is None:
            current += deployers(call, [one])
            continue
        index = next((at for at, there in enumerate(current) if str(there["id"]) == str(one["id"])), None)
        if index is None:
            raise not_found("Record")
        if truth(one.get("_destroy")):
            del current[index]
        else:
            current[index] = {**current[index], **{name: value for name, value in one.items() if name not in ("id", "_destroy")}}
    return current


def find(call):
    for one in call.record.protected_environments:
        if one["name"] == call["name"]:
            return one
    raise not_found("ProtectedEnvironment")


@route("GET", "projects/:project/protected_environments", role=MAINTAINER, premium=True)
def protected_environments(call):
    return Page(call.record.protected_environments)


@route("GET", "projects/:project/protected_environments/:name", role=MAINTAINER, premium=True)
def protected_environment(call):
    return find(call)


@route("POST", "projects/:project/protected_environments", role=MAINTAINER, premium=True)
def protect_environment(call):
    name, levels = call.need("name", "deploy_access_levels")
    if any(one["name"] == name for one in call.record.protected_environments):
        raise Wrong(409, f"Protected environment '{name}' already exists")
    new = {"name": name, "deploy_access_levels": deployers(call, levels),
           "required_approval_count": call.number("required_approval_count", 0),
           "approval_rules": [dict(one, required_approvals=one.get("required_approvals", 1)) for one in
                              deployers(call, call.get("approval_rules"))]}
    call.record.protected_environments.append(new)
    return 201, new


@route("PUT", "projects/:project/protected_environments/:name", role=MAINTAINER, premium=True)
def edit_protected_environment(call):
    one = find(call)
    one.update(deploy_access_levels=changed(call, one["deploy_access_levels"], call.get("deploy_access_levels")),
               approval_rules=changed(call, one["approval_rules"], call.get("approval_rules")),
               required_approval_count=call.number("required_approval_count", one["required_approval_count"]))
    return one


@route("DELETE", "projects/:project/protected_environments/:name", role=MAINTAINER, premium=True)
def unprotect_environment(call):
    call.record.protected_environments.remove(find(call))
