"""REST: commits of several actions, and single files."""

import base64
import binascii
import hashlib
import re

import protection
from calls import REPORTER, Raw, Wrong, not_found, route
from rest_repository import commit_of, describe_commit

READ = ("api", "read_api", "read_repository")
CHANGED = "The file has changed since you started editing it: "


def checked_path(path):
    """A path as git may keep it."""
    parts = str(path).split("/")
    if ".." in parts:
        raise Wrong(400, "Path cannot include directory traversal")
    if not path:
        raise Wrong(400, "You must provide a file path")
    if "" in parts or "." in parts or "\0" in path or ".git" in (part.lower() for part in parts):
        raise Wrong(400, f"invalid path: '{path}'")
    return path


class Staging:
    """The files of a branch, to which the actions of a commit are applied one after the other."""

    def __init__(self, project, base):
        self.project, self.base, self.files, self.changes = project, base, {}, {}
        listing = project.git("ls-tree", "-r", "-z", "--full-tree", base).decode(errors="replace").split("\0") if base else []
        for line in filter(None, listing):
            mode, _, oid, path = re.match(r"(\d+) (\w+) (\w+)\t(.*)", line, re.DOTALL).groups()
            self.files[path] = (mode, oid)

    def content(self, path):
        """Mode and content of a file as it stands after the actions so far."""
        if path in self.changes:
            return self.changes[path]
        mode, oid = self.files[path]
        return mode, self.project.git("cat-file", "blob", oid)

    def has(self, path):
        return self.changes[path] is not None if path in self.changes else path in self.files

    def paths(self):
        return [path for path in {**self.files, **self.changes} if self.has(path)]

    def apply(self, action):
        kind, path = action.get("action"), checked_path(action.get("file_path") or "")
        if kind not in ("create", "update", "delete", "move", "chmod"):
            raise Wrong(400, error="actions[0][action] does not have a valid value" if kind else "actions[0][action] is missing")
        source = checked_path(action.get("previous_path") or path) if kind == "move" else path
        self.check_freshness(action, kind, source)
        getattr(self, kind)(path, source, action)

    def check_freshness(self, action, kind, path):
        known = action.get("last_commit_id")
        if known and kind in ("update", "move", "delete") and self.base:
            last = self.project.git("log", "-1", "--format=%H", self.base, "--", path).decode().strip()
            if last and last != known:
                raise Wrong(400, CHANGED + path)

    def need(self, path):
        if not self.has(path):
            raise Wrong(400, "A file with this name doesn't exist")

    def free(self, path):
        if self.has(path):
            raise Wrong(400, "A file with this name already exists")
        if any(one.startswith(path + "/") for one in self.paths()):
            raise Wrong(400, "A directory with this name already exists")

    def create(self, path, _, action):
        self.free(path)
        executable = str(action.get("execute_filemode")).lower() == "true"
        self.changes[path] = ("100755" if executable else "100644", decoded(action))

    def update(self, path, _, action):
        self.need(path)
        mode = self.changes[path][0] if path in self.changes else self.files[path][0]
        self.changes[path] = (mode, decoded(action))

    def delete(self, path, _, action):
        self.need(path)
        self.changes[path] = None

    def move(self, path, source, action):
        self.need(source)
        self.free(path)
        mode, content = self.content(source)
        self.changes[source] = None
        self.changes[path] = (mode, decoded(action) if action.get("content") is not None else content)

    def chmod(self, path, _, action):
        self.need(path)
        executable = str(action.get("execute_filemode")).lower() == "true"
        self.changes[path] = ("100755" if executable else "100644", self.content(path)[1])


def decoded(action):
    text = action.get("content")
    text = "" if text is None else str(text)
    if action.get("encoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise Wrong(400, "invalid base64") from None


def commit_actions(call, branch, message, actions):
    """One commit of all the actions, or none; its id."""
    project, record, world, user = call.project, call.record, call.world, call.user
    before = project.branches()
    starts = [name for name in ("start_branch", "start_sha") if call.get(name)]
    if len(starts) > 1:
        raise Wrong(400, error="start_branch, start_sha are mutually exclusive")
    protection.check_push(world, user, record, branch)
    force, start = call.flag("force", False), None
    if starts:
        if branch in before and not force and call.text(starts[0]) != branch:
            raise Wrong(400, f"A branch called '{branch}' already exists. Switch to that branch in order to make changes")
        origin = call.world.project(call.text("start_project")) if call.get("start_project") else project
        name = f"refs/heads/{call.text('start_branch')}" if starts == ["start_branch"] else call.text("start_sha")
        start = origin and not name.startswith("-") and origin.commit_id(name)
        if not start:
            raise Wrong(400, f"Cannot find {starts[0]} '{call.text(starts[0])}'")
        if force and branch in before and not protection.may_force(record, branch):
            raise Wrong(400, "You are not allowed to force push code to a protected branch on this project.")
    elif before and branch not in before:
        raise Wrong(400, "You can only create or edit files when you are on a branch")
    if not before and any(action.get("action") != "create" for action in actions):
        raise Wrong(400, "No files to update.")
    anew = bool(start) and force
    base = start if anew else before.get(branch) or start
    staging = Staging(project, base)
    for action in actions:
        if not isinstance(action, dict):
            raise Wrong(400, error="actions is invalid")
        staging.apply(action)
    protection.check_rules(record, branch, message, staging.changes, branch not in before)
    author = f"{call.text('author_name') or user.name} <{call.text('author_email') or user.email}>"
    # What is deleted goes first: a directory may come in the place of a file.
    changes = dict(sorted(staging.changes.items(), key=lambda one: one[1] is not None))
    made = project.commit(branch, message, changes, start=base, author=author, anew=anew)
    if not before and project.default_branch != branch:
        project.make_default(branch)
    world.moved_on(record, before, user)
    return made


@route("POST", "projects/:project/repository/commits", role=REPORTER, frozen=True)
def create_commit(call):
    branch, message, actions = call.need("branch", "commit_message", "actions")
    if isinstance(actions, dict):
        actions = list(actions.values())
    if not isinstance(actions, list) or not actions:
        raise Wrong(400, error="actions is invalid" if not isinstance(actions, list) else "actions is empty")
    made = commit_actions(call, str(branch), str(message), actions)
    return 201, describe_commit(call, made, call.flag("stats", True))


# ---- files ------------------------------------------------------------------------------------------------------------

def described(call):
    """Facts of one file and its content."""
    project, path = call.project, call["path"]
    ref = call.text("ref") or ("HEAD" if call.names.get("raw") else None) or call.need("ref")
    name = project.default_branch if ref == "HEAD" else ref
    commit = commit_of(call, name)
    entry = re.match(r"(\d+) blob (\w+)\t", project.git("ls-tree", "--full-tree", commit, "--", path).decode(errors="replace"))
    if not entry or path.endswith("/"):
        raise not_found("File")
    content = project.git("cat-file", "blob", entry[2])
    last = project.git("log", "-1", "--format=%H", commit, "--", path).decode().strip()
    return {"file_name": path.rpartition("/")[2], "file_path": path, "size": len(content), "encoding": "base64",
            "content_sha256": hashlib.sha256(content).hexdigest(), "ref": ref, "blob_id": entry[2], "commit_id": commit,
            "last_commit_id": last, "execute_filemode": entry[1] == "100755"}, content


def headers_of(facts):
    return {"X-Gitlab-" + "-".join(word.title() for word in name.split("_")): str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in facts.items()}


@route("HEAD", "projects/:project/repository/files/:path", code=True, scopes=READ)
@route("HEAD", "projects/:project/repository/files/:path/raw", code=True, scopes=READ)
def head_file(call):
    call.names["raw"] = "raw"
    return Raw(b"", headers_of(described(call)[0]))


@route("GET", "projects/:project/repository/files/:path", code=True, scopes=READ)
def file(call):
    facts, content = described(call)
    return 200, {**facts, "content": base64.b64encode(content).decode()}, headers_of(facts)


@route("GET", "projects/:project/repository/files/:path/raw", code=True, scopes=READ)
def raw_file(call):
    call.names["raw"] = "raw"
    facts, content = described(call)
    return Raw(content,
               {"Content-Type": "text/plain", "Content-Disposition": f'inline; filename="{facts["file_name"]}"', **headers_of(facts)})


def change_file(call, kind):
    branch, message = call.need("branch", "commit_message")
    if kind != "delete" and call.get("content") is None:
        raise Wrong(400, error="content is missing")
    action = {**{name: value for name, value in call.parameters.items() if name in (
        "content", "encoding", "last_commit_id", "execute_filemode")}, "action": kind, "file_path": call["path"]}
    executable = action.get("execute_filemode")
    actions = [action]
    if kind == "update" and executable is not None:
        actions.append({"action": "chmod", "file_path": call["path"], "execute_filemode": executable})
    commit_actions(call, branch, message, actions)
    return {"file_path": call["path"], "branch": branch}


@route("POST", "projects/:project/repository/files/:path", role=REPORTER, frozen=True)
def create_file(call):
    return 201, change_file(call, "create")


@route("PUT", "projects/:project/repository/files/:path", role=REPORTER, frozen=True)
def update_file(call):
    return change_file(call, "update")


@route("DELETE", "projects/:project/repository/files/:path", role=REPORTER, frozen=True)
def delete_file(call):
    change_file(call, "delete")
