"""The control interface over the world of REST: groups, users, tokens, projects' states, pipelines, limits, and the dump of it all."""

import datetime

import dump
from calls import now
from project_settings import SETTINGS, taken
from repositories import Refused


class ControlWorld:
    """Part of the handler."""

    def respond_world(self, path):
        """Answers what it knows. False for all else."""
        name = path.replace("/", "_")
        act = getattr(self, f"{self.command.lower()}_{name}_control", None)
        if not act:
            return False
        request = self.body.json()
        with self.gitlab.world.lock:
            status, value = act(request)
        self.send_json(status, value)
        return True

    @property
    def world(self):
        return self.gitlab.world

    def somebody(self, name):
        user = self.world.users.get(name)
        if not user:
            raise Refused(f"no user {name}")
        return user

    def post_groups_control(self, request):
        group = self.world.group(request["path"], request.get("visibility", "internal"))
        group.visibility = request.get("visibility", group.visibility)
        return 201, {"id": group.number, "path": group.path, "visibility": group.visibility}

    def post_users_control(self, request):
        user = self.world.user(request["username"])
        user.admin = bool(request.get("admin", user.admin))
        return 201, {"id": user.number, "username": user.username, "admin": user.admin}

    def post_tokens_control(self, request):
        user = self.somebody(request["user"])
        end = request.get("expires_at")
        if end:
            datetime.date.fromisoformat(end)
        project = self.world.named(request["project"]).project if request.get("project") else None
        token = self.world.add_token(request["token"], user, request.get("scopes") or ["api"], request.get("name", "token"), expires_at=end,
                                     revoked=bool(request.get("revoked")), project=project)
        return 201, {"id": token.number, "token": token.value, "user": user.username, "active": token.is_active()}

    def post_members_control(self, request):
        user, level = self.somebody(request["user"]), int(request["access_level"])
        if "group" in request:
            members = self.world.group(request["group"]).members
        else:
            members = self.world.named(request["project"]).members
        if level:
            members[user.username] = level
        else:
            members.pop(user.username, None)
        return 201, {"user": user.username, "access_level": level}

    def post_project_control(self, request):
        """Sets what REST would not let be set, or not at once."""
        record = self.world.named(request["path"])
        for name, value in request.items():
            if name in ("archived", "marked_for_deletion_on", "import_status", "push_rule"):
                setattr(record, name, value)
            elif name == "moved_from":
                for old in [value] if isinstance(value, str) else value:
                    self.world.moved[old] = str(record.project.number)
            elif name == "default_branch":
                record.project.make_default(value)
            elif name == "protected_branches":
                record.protected_branches = [self.protection(one) for one in value]
            elif name in SETTINGS:
                record.settings.update(taken({name: value}))
            elif name == "name":
                record.title = value
            elif name != "path":
                raise Refused(f"no attribute {name}")
        return 200, {"id": record.project.number, "path": record.project.path}

    def protection(self, given):
        """A protected branch from a name, or from an object with `name`, `push`, `merge` and `force`."""
        given = {"name": given} if isinstance(given, str) else given
        return {"id": self.world.number("protection"), "name": given["name"],
                "push_access_levels": [self.world.level(given.get("push", 40))],
                "merge_access_levels": [self.world.level(given.get("merge", 40))], "unprotect_access_levels": [],
                "allow_force_push": bool(given.get("force")), "code_owner_approval_required": False}

    def post_pipeline_control(self, request):
        record = self.world.named(request["project"])
        found = self.world.matching_pipelines(record, request.get("ref"), request.get("sha"), request.get("id"), request.get("source"))
        if not found:
            raise Refused(f"no such pipeline in {record.project.path}")
        self.world.set_pipeline(record, found[0], request["status"])
        return 200, {name: found[0][name] for name in ("id", "ref", "sha", "source", "status", "updated_at")}

    def post_edition_control(self, request):
        self.world.edition.update((name, request[name]) for name in ("enterprise", "version") if name in request)
        return 200, dict(self.world.edition)

    def post_limits_control(self, request):
        requests = request.get("requests")
        self.gitlab.limiter.set(requests, request.get("per_secs", 60))
        return 200, {"requests": requests, "per_secs": request.get("per_secs", 60)}

    def get_state_control(self, _):
        stable = self.query.get("stable") in ("1", "true")
        return 200, dump.stable(self.world) if stable else {"time": now(), **dump.complete(self.world)}
