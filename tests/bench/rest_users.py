"""REST: who calls, and what GitLab this is."""

import datetime

from calls import Page, Wrong, not_found, now, route, today

ANY = ()


@route("GET", "user", scopes=("api", "read_api", "read_user"))
def user(call):
    who = call.user
    return {**who.describe(call.origin), "email": who.email, "commit_email": who.email, "is_admin": who.admin, "bot": who.bot,
            "created_at": "2026-01-01T00:00:00.000Z", "external": False, "two_factor_enabled": False, "can_create_project": True,
            "can_create_group": not who.bot, "namespace_id": getattr(call.world.groups.get(who.username), "number", None)}


@route("GET", "users", scopes=("api", "read_api", "read_user"))
def users(call):
    wanted = call.text("username")
    return Page([one for one in call.world.users.values() if wanted in (None, one.username)], lambda one: one.describe(call.origin))


@route("GET", "users/:user", scopes=("api", "read_api", "read_user"))
def one_user(call):
    for one in call.world.users.values():
        if one.number == call.id("user"):
            return one.describe(call.origin)
    raise not_found("User")


@route("GET", "job", scopes=("job",))
def job(call):
    of_token = call.handler.job
    return {"id": of_token.number, "name": of_token.spec.get("name", "job"), "stage": of_token.spec.get("stage", "test"),
            "status": of_token.state, "ref": of_token.spec.get("ref", of_token.project.default_branch),
            "user": call.user.describe(call.origin), "project": {"ci_job_token_scope_enabled": False},
            "pipeline": {"id": 1, "project_id": of_token.project.number}}


@route("GET", "version", scopes=("api", "read_api", "read_user"))
def version(call):
    edition = call.world.edition
    return {"version": edition["version"] + ("-ee" if edition["enterprise"] else ""), "revision": "bench",
            "enterprise": edition["enterprise"]}


@route("GET", "metadata", scopes=("api", "read_api", "read_user"))
def metadata(call):
    return {**version(call), "kas": {"enabled": False, "externalUrl": None, "externalKubernetesProxyUrl": None, "version": None}}


@route("GET", "personal_access_tokens/self", scopes=ANY)
def own_token(call):
    return call.token.describe()


@route("POST", "personal_access_tokens/self/rotate", scopes=("api", "self_rotate"))
def rotate_own(call):
    return rotated(call, call.token)


@route("DELETE", "personal_access_tokens/self", scopes=ANY)
def revoke_own(call):
    call.token.revoked = True


def end_of(call, required):
    """The `expires_at` of a call as a date within GitLab's limit of a year."""
    if required:
        call.need("expires_at")
    if not call.get("expires_at"):
        return None
    try:
        end = datetime.date.fromisoformat(str(call.get("expires_at"))[:10])
    except ValueError:
        raise Wrong(400, error="expires_at is invalid") from None
    limit = today() + datetime.timedelta(days=365)
    if end > limit:
        raise Wrong(400, f"400 Bad request - Expiration date must be before {limit + datetime.timedelta(days=1)}")
    if end <= today():
        raise Wrong(400, "400 Bad request - Expiration date can't be in the past")
    return end.isoformat()


def rotated(call, token):
    """A new token in the place of another, which ends. One that has ended brings all of its family down."""
    world = call.world
    if not token.is_active():
        for one in world.tokens.values():
            if one.family == token.family:
                one.revoked = True
        raise Wrong(400, "400 Bad request - token already revoked")
    end = end_of(call, False) or (today() + datetime.timedelta(days=7)).isoformat()
    token.revoked = True
    new = world.add_token(world.new_value(), token.user, token.scopes, token.name, expires_at=end, project=token.project, level=token.level,
                          family=token.family)
    new.description, new.created = token.description, now()
    return {**new.describe(), "token": new.value}
