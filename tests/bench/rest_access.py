"""REST: access tokens, deploy tokens, deploy keys and the allow-lists of job tokens."""

import secrets

from calls import MAINTAINER, Page, Wrong, not_found, now, route
from rest_groups import describe_group
from rest_projects import describe_project, simple
from rest_users import end_of, rotated
from world import ALL_SCOPES

ROLES = (10, 15, 20, 30, 40, 50)
DEPLOY_SCOPES = ("read_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry",
                 "read_virtual_registry", "write_virtual_registry")


def tokens_of(call):
    return [one for one in call.world.tokens.values() if one.project is call.project]


def find(call):
    number = call.id("token")
    for one in tokens_of(call):
        if one.number == number:
            return one
    raise not_found("Could not find project access token with token_id: " + str(number))


@route("GET", "projects/:project/access_tokens", role=MAINTAINER)
def access_tokens(call):
    items = tokens_of(call)
    if call.get("state"):
        items = [one for one in items if one.is_active() == (call.one_of("state", ("active", "inactive")) == "active")]
    if call.has("revoked"):
        items = [one for one in items if one.revoked == call.flag("revoked")]
    if call.get("search"):
        items = [one for one in items if call.text("search").lower() in one.name.lower()]
    return Page(items, lambda one: one.describe())


@route("GET", "projects/:project/access_tokens/:token", role=MAINTAINER)
def access_token(call):
    return find(call).describe()


@route("POST", "projects/:project/access_tokens", role=MAINTAINER)
def create_access_token(call):
    name, _ = call.need("name", "scopes")
    scopes, level = call.list("scopes"), call.number("access_level", MAINTAINER)
    end = end_of(call, True)
    if not scopes or set(scopes) - set(ALL_SCOPES):
        raise Wrong(400, "400 Bad request - Scopes can only contain available scopes")
    if level not in ROLES:
        raise Wrong(400, error="access_level does not have a valid value")
    world = call.world
    if level > world.role(call.user, call.record):
        raise Wrong(400, "400 Bad request - Access level of the token can't be greater the access level of the user who created the token")
    bot = world.user(f"project_{call.project.number}_bot_{secrets.token_hex(16)}", bot=True, name=name)
    call.record.members[bot.username] = level
    token = world.add_token(world.new_value(), bot, scopes, name, expires_at=end, project=call.project, level=level)
    token.description = call.get("description")
    return 201, {**token.describe(), "token": token.value}


@route("POST", "projects/:project/access_tokens/self/rotate", scopes=("api", "self_rotate"))
def rotate_itself(call):
    if call.token.project is not call.project:
        raise Wrong(405, "405 Method Not Allowed")
    return rotated(call, call.token)


@route("POST", "projects/:project/access_tokens/:token/rotate", role=MAINTAINER)
def rotate_access_token(call):
    return rotated(call, find(call))


@route("DELETE", "projects/:project/access_tokens/:token", role=MAINTAINER)
def revoke_access_token(call):
    token = find(call)
    token.revoked = True
    if not any(one.user is token.user and one.is_active() for one in tokens_of(call)):
        call.record.members.pop(token.user.username, None)


# ---- deploy tokens and keys -------------------------------------------------------------------------------------------

def show_deploy_token(one):
    return {name: value for name, value in one.items() if name != "token"}


@route("GET", "projects/:project/deploy_tokens", role=MAINTAINER)
def deploy_tokens(call):
    return Page([one for one in call.record.deploy_tokens if not call.flag("active", False) or not one["revoked"]], show_deploy_token)


@route("GET", "projects/:project/deploy_tokens/:token", role=MAINTAINER)
def deploy_token(call):
    return show_deploy_token(call.found(call.record.deploy_tokens, "token", "Deploy Token"))


@route("POST", "projects/:project/deploy_tokens", role=MAINTAINER)
def create_deploy_token(call):
    name, _ = call.need("name", "scopes")
    scopes = call.list("scopes")
    if not scopes or set(scopes) - set(DEPLOY_SCOPES):
        raise Wrong(400, error="scopes does not have a valid value")
    number = call.world.number("deploy_token")
    new = {"id": number, "name": name, "username": call.text("username") or f"gitlab+deploy-token-{number}",
           "expires_at": call.get("expires_at"), "scopes": scopes, "revoked": False, "expired": False,
           "token": "gldt-" + secrets.token_hex(10)}
    call.record.deploy_tokens.append(new)
    return 201, new


@route("DELETE", "projects/:project/deploy_tokens/:token", role=MAINTAINER)
def delete_deploy_token(call):
    call.record.deploy_tokens.remove(call.found(call.record.deploy_tokens, "token", "Deploy Token"))


@route("GET", "projects/:project/deploy_keys", role=MAINTAINER)
def deploy_keys(call):
    return Page(call.record.deploy_keys)


@route("POST", "projects/:project/deploy_keys", role=MAINTAINER)
def create_deploy_key(call):
    title, key = call.need("title", "key")
    if any(one["key"] == key for one in call.record.deploy_keys):
        raise Wrong(400, {"deploy_key.fingerprint_sha256": ["has already been taken"]})
    new = {"id": call.world.number("deploy_key"), "title": title, "key": key, "created_at": now(), "expires_at": None,
           "can_push": call.flag("can_push", False)}
    call.record.deploy_keys.append(new)
    return 201, new


@route("DELETE", "projects/:project/deploy_keys/:key", role=MAINTAINER)
def delete_deploy_key(call):
    call.record.deploy_keys.remove(call.found(call.record.deploy_keys, "key", "Deploy Key"))


# ---- job tokens -------------------------------------------------------------------------------------------------------

@route("GET", "projects/:project/job_token_scope", role=MAINTAINER)
def job_token_scope(call):
    return {"inbound_enabled": call.record.job_token_scope["enabled"],
            "outbound_enabled": call.record.settings["ci_job_token_scope_enabled"]}


@route("PATCH", "projects/:project/job_token_scope", role=MAINTAINER)
def edit_job_token_scope(call):
    call.need("enabled")
    call.record.job_token_scope["enabled"] = call.flag("enabled")


@route("GET", "projects/:project/job_token_scope/allowlist", role=MAINTAINER)
def allowed_projects(call):
    """The project itself always belongs to it."""
    found = [call.project] + [call.world.project(number) for number in call.record.job_token_scope["projects"]]
    return Page([call.world.of(one) for one in found if one], lambda one: simple(describe_project(call, one)))


@route("POST", "projects/:project/job_token_scope/allowlist", role=MAINTAINER)
def allow_project(call):
    number, allowed = int(call.need("target_project_id")), call.record.job_token_scope["projects"]
    target = call.world.project(number)
    if not target or not call.world.sees(call.user, call.world.of(target)):
        raise Wrong(404, "404 target_project_id Not Found")
    if number in allowed:
        raise Wrong(422, "Target project is already in the job token scope")
    if number == call.project.number:
        raise Wrong(422, "Self-referential links are not allowed")
    if len(allowed) >= 200:
        raise Wrong(422, "Source project exceeds the allowable number of project links in this scope")
    allowed.append(number)
    return 201, {"source_project_id": call.project.number, "target_project_id": number}


@route("DELETE", "projects/:project/job_token_scope/allowlist/:target", role=MAINTAINER)
def disallow_project(call):
    if call.id("target") not in call.record.job_token_scope["projects"]:
        raise not_found("target_project_id")
    call.record.job_token_scope["projects"].remove(call.id("target"))


@route("GET", "projects/:project/job_token_scope/groups_allowlist", role=MAINTAINER)
def allowed_groups(call):
    found = [call.world.find_group(str(number)) for number in call.record.job_token_scope["groups"]]
    return Page([one for one in found if one], lambda one: describe_group(call, one))


@route("POST", "projects/:project/job_token_scope/groups_allowlist", role=MAINTAINER)
def allow_group(call):
    number, allowed = int(call.need("target_group_id")), call.record.job_token_scope["groups"]
    group = call.world.find_group(str(number))
    if not group or not call.world.sees_group(call.user, group):
        raise Wrong(404, "404 target_group_id Not Found")
    if number in allowed:
        raise Wrong(422, "Target group is already in the job token scope")
    allowed.append(number)
    return 201, {"source_project_id": call.project.number, "target_group_id": number}


@route("DELETE", "projects/:project/job_token_scope/groups_allowlist/:target", role=MAINTAINER)
def disallow_group(call):
    if call.id("target") not in call.record.job_token_scope["groups"]:
        raise not_found("target_group_id")
    call.record.job_token_scope["groups"].remove(call.id("target"))
