"""What the GitLab stand-in knows beside its repositories: users, groups, tokens, and what belongs to each project."""

import datetime
import itertools
import json
import secrets
import threading

import project_settings
from calls import MAINTAINER, OWNER, now, today
from pipelines import Pipelines
from repositories import Refused

PERSONAL_TOKEN = "glpat-bench-0123456789ab"
ALL_SCOPES = ("api", "read_api", "read_user", "read_repository", "write_repository", "read_registry", "write_registry", "create_runner",
              "manage_runner", "self_rotate", "ai_features", "k8s_proxy", "admin_mode", "sudo")


class User:
    """Somebody who may hold tokens; a bot of a project is one too."""

    def __init__(self, number, username, admin=False, bot=False, name=None):
        self.number, self.username, self.admin, self.bot = number, username, admin, bot
        self.name = name or ("Bench" if username == "root" else username)
        self.email = "bench@bench.test" if username == "root" else f"{username}@bench.test"

    def describe(self, origin):
        return {"id": self.number, "username": self.username, "public_email": None, "name": self.name, "state": "active", "locked": False,
                "avatar_url": None, "web_url": f"{origin}/{self.username}"}


class Group:
    """A group or a user's namespace."""

    def __init__(self, number, path, visibility, owner=None):
        self.number, self.path, self.visibility, self.owner = number, path, visibility, owner
        self.name = path.rpartition("/")[2]
        self.created = now()


class Token:
    """An access token. `family` are the values that it has been rotated from, itself included."""

    def __init__(self, number, value, user, scopes, name="token", expires_at=None, revoked=False, project=None, level=None, family=None):
        self.number, self.value, self.user, self.scopes, self.name = number, value, user, list(scopes), name
        self.expires_at, self.revoked, self.project, self.level = expires_at, revoked, project, level
        self.description, self.created = None, now()
        self.family = family or number

    def is_active(self):
        return not self.revoked and not (self.expires_at and datetime.date.fromisoformat(self.expires_at) <= today())

    def describe(self):
        result = {"id": self.number, "name": self.name, "revoked": self.revoked, "created_at": self.created,
                  "description": self.description,
                  "scopes": self.scopes, "user_id": self.user.number, "last_used_at": None, "active": self.is_active(),
                  "expires_at": self.expires_at}
        if self.level:
            result["access_level"] = self.level
        return result


class Record:
    """All that belongs to one project but its repository. Lists hold plain objects as the REST interface shows them."""

    LISTS = ("variables", "protected_branches", "protected_tags", "protected_environments", "environments", "deploy_tokens", "deploy_keys",
             "hooks", "badges", "runners", "pipelines", "merge_requests")

    def __init__(self, project, creator):
        self.project, self.creator = project, creator
        self.title = project.name
        self.settings = json.loads(json.dumps(project_settings.SETTINGS))
        self.archived, self.import_status, self.marked_for_deletion_on = False, "none", None
        self.created = self.active_at = now()
        self.members = {}
        self.push_rule = None
        self.job_token_scope = {"enabled": True, "projects": [], "groups": []}
        self.iids = {"pipeline": itertools.count(1), "merge_request": itertools.count(1)}
        for name in self.LISTS:
            setattr(self, name, [])


class World(Pipelines):
    """Everything, behind one lock."""

    def __init__(self, repositories, coordinator):
        self.repositories, self.coordinator = repositories, coordinator
        self.lock = threading.RLock()
        self.clear()

    def clear(self):
        with self.lock:
            self.numbers = {"user": itertools.count(2), "group": itertools.count(7), "project": itertools.count(1)}
            self.users, self.groups, self.tokens, self.records, self.moved = {}, {}, {}, {}, {}
            self.edition = {"enterprise": True, "version": "19.3.0"}
            self.runners = {}
            root = self.user("root", admin=True)
            self.user("baws-admin", admin=True)
            self.group("aws-app")
            self.add_token(PERSONAL_TOKEN, root, ["api"], "bench")

    def number(self, kind):
        return next(self.numbers.setdefault(kind, itertools.count(1)))

    # ---- users, groups, tokens ----------------------------------------------------------------------------------

    def user(self, username, admin=False, bot=False, name=None):
        """The user of that name, made with a namespace when missing."""
        with self.lock:
            user = self.users.get(username)
            if not user:
                user = self.users[username] = User(self.number("user"), username, admin, bot, name)
                if not bot:
                    self.group(username, owner=user)
            return user

    def group(self, path, visibility="internal", owner=None):
        """The group of that path, made with its parents when missing."""
        with self.lock:
            parent = path.rpartition("/")[0]
            if parent:
                self.group(parent, visibility)
            if path not in self.groups:
                self.groups[path] = Group(self.number("group"), path, visibility, owner)
                self.groups[path].members = {owner.username: OWNER} if owner else {}
            return self.groups[path]

    def find_group(self, name):
        for group in list(self.groups.values()):
            if name in (group.path, str(group.number)):
                return group
        return None

    def add_token(self, value, user, scopes, name="token", **more):
        token = self.tokens[value] = Token(self.number("token"), value, user, scopes, name, **more)
        return token

    def new_value(self):
        return "glpat-" + secrets.token_urlsafe(15).replace("_", "x").replace("-", "y")

    def token(self, value):
        """The active token of that value, or None."""
        token = self.tokens.get(value or "")
        return token if token and token.is_active() else None

    # ---- projects -----------------------------------------------------------------------------------------------

    def of(self, project):
        """What belongs to that project. One that came into being elsewhere is as GitLab would have it."""
        with self.lock:
            record = self.records.get(project.number)
            if not record:
                self.group(project.namespace)
                record = self.records[project.number] = Record(project, self.users["root"])
                if project.branches():
                    self.protect_default(record)
            return record

    def create(self, path, creator):
        with self.lock:
            project = self.repositories.create(path)
            self.moved.pop(path, None)
            record = self.records[project.number] = Record(project, creator)
            self.group(project.namespace)
            if not creator.admin:
                record.members[creator.username] = MAINTAINER
            return record

    def remove(self, record):
        with self.lock:
            self.records.pop(record.project.number, None)
            self.repositories.remove(record.project)

    def project(self, name):
        """The project of that path or number, or None."""
        return self.repositories.find(str(name))

    def all_records(self):
        return [self.of(project) for project in sorted(list(self.repositories.projects.values()), key=lambda one: one.number)]

    def protect_default(self, record):
        """GitLab protects the default branch with the first commit."""
        name = record.project.default_branch
        if not any(one["name"] == name for one in record.protected_branches):
            record.protected_branches.append({
                "id": self.number("protection"), "name": name, "push_access_levels": [self.level(MAINTAINER)],
                "merge_access_levels": [self.level(MAINTAINER)], "unprotect_access_levels": [], "allow_force_push": False,
                "code_owner_approval_required": False})

    def level(self, number, **whom):
        names = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers", 60: "Administrator"}
        return {"id": self.number("level"), "access_level": number, "access_level_description": names.get(number, "Somebody"),
                "user_id": None, "group_id": None, "deploy_key_id": None, **whom}

    # ---- rights -------------------------------------------------------------------------------------------------

    def group_role(self, user, path):
        """The access level in a group, which its parents give too."""
        role = 0
        while path:
            group = self.groups.get(path)
            role = max(role, group.members.get(user.username, 0) if group else 0)
            path = path.rpartition("/")[0]
        return role

    def role(self, user, record):
        if user.admin:
            return OWNER
        return max(record.members.get(user.username, 0), self.group_role(user, record.project.namespace))

    def sees(self, user, record):
        return user.admin or record.settings["visibility"] != "private" or self.role(user, record) > 0

    def reads_code(self, user, record):
        return user.admin or self.role(user, record) >= 20 or record.settings["visibility"] != "private"

    def sees_group(self, user, group):
        return user.admin or group.visibility != "private" or self.group_role(user, group.path) > 0 or any(
            record.project.path.startswith(group.path + "/") and self.role(user, record) for record in self.all_records())

    def named(self, name):
        """The record of a project that the control interface names; `Refused` when there is none."""
        project = self.project(name)
        if not project:
            raise Refused(f"no project {name}")
        return self.of(project)
