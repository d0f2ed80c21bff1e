"""The REST interface of the GitLab stand-in, as far as tests need it: version, projects, files, commits, branches."""

import base64
import re
import urllib.parse

from repositories import Refused


class Rest:
    """Part of the handler."""

    def respond_rest(self, path):
        if not self.is_user():
            self.body.drain()
            return self.send_json(401, {"message": "401 Unauthorized"})
        if path == "version":
            return self.send_json(200, {"version": "19.3.0-ee", "revision": "bench", "enterprise": True})
        if path == "user":
            return self.send_json(200, {"id": 2, "username": "root", "name": "Bench", "email": "bench@bench.test"})
        if path == "projects" and self.command == "POST":
            return self.create_project()
        match = re.fullmatch(r"projects/([^/]+)(?:/repository/(files|commits|branches|tree)(?:/([^/]+)(/raw)?)?)?", path)
        project = match and self.gitlab.repositories.find(urllib.parse.unquote(match[1]))
        if not project:
            return self.not_found("404 Project Not Found" if match else "404 Not Found")
        name = urllib.parse.unquote(match[3] or "")
        if not match[2]:
            return self.send_json(200, self.describe_project(project))
        if match[2] == "files" and name:
            return self.respond_file(project, name, bool(match[4]))
        if match[2] == "commits" and self.command == "POST":
            return self.create_commit(project)
        return self.respond_repository(project, match[2], name)

    def is_user(self):
        kind, _, bearer = self.headers.get("Authorization", "").partition(" ")
        return bool({self.headers.get("PRIVATE-TOKEN"), self.query.get("private_token"),
                     bearer if kind == "Bearer" else None} & self.gitlab.personal_tokens)

    def describe_project(self, project):
        url = f"{self.origin()}/{project.path}"
        return {"id": project.number, "name": project.name, "path": project.name, "path_with_namespace": project.path,
                "namespace": {"id": 7, "path": project.namespace, "full_path": project.namespace},
                "default_branch": project.default_branch, "web_url": url, "http_url_to_repo": url + ".git", "visibility": "private"}

    def create_project(self):
        request = self.runner_request()
        path = request.get("path") or request["name"].lower().replace(" ", "-")
        project = self.gitlab.repositories.create(f"{request.get('namespace_path') or 'root'}/{path}")
        if request.get("initialize_with_readme") in (True, "true"):
            project.commit("main", "Initial commit", {"README.md": f"# {project.name}\n".encode()})
        self.send_json(201, self.describe_project(project))

    # ---- files and commits --------------------------------------------------------------------------------------

    def respond_file(self, project, path, raw):
        if self.command == "GET":
            commit = project.commit_id(self.query.get("ref", project.default_branch))
            if not project.has_file(commit, path):
                return self.not_found("404 File Not Found")
            content = project.file(commit, path)
            if raw:
                return self.send(200, content, {"Content-Type": "text/plain"})
            return self.send_json(200, {"file_path": path, "file_name": path.rpartition("/")[2], "size": len(content),
                                        "encoding": "base64", "content": base64.b64encode(content).decode(),
                                        "ref": self.query.get("ref", project.default_branch), "last_commit_id": commit})
        request = self.runner_request()
        action = {"POST": "create", "PUT": "update", "DELETE": "delete"}[self.command]
        self.apply(project, request, [dict(request, action=action, file_path=path)])
        if action == "delete":
            return self.send(204)
        return self.send_json(201 if action == "create" else 200, {"file_path": path, "branch": request["branch"]})

    def create_commit(self, project):
        request = self.body.json()
        commit = self.apply(project, request, request["actions"])
        self.send_json(201, {"id": commit, "short_id": commit[:8], "title": request["commit_message"].splitlines()[0],
                             "message": request["commit_message"]})

    def apply(self, project, request, actions):
        """One commit of all actions on the branch. `Refused` when one of them does not fit what is there."""
        branch = request["branch"]
        start = request.get("start_branch")
        base = project.commit_id(f"refs/heads/{branch}") or (start and project.commit_id(f"refs/heads/{start}"))
        if not base and project.commit_id(project.default_branch):
            raise Refused("You can only create or edit files when you are on a branch")
        changes = {}
        for action in actions:
            path, kind = action["file_path"], action["action"]
            there = project.has_file(base, path)
            if kind == "create" and there:
                raise Refused("A file with this name already exists")
            if kind in ("update", "delete", "chmod") and not there:
                raise Refused("A file with this name doesn't exist")
            changes[path] = None if kind == "delete" else self.content(project, base, action)
            if kind == "move":
                changes[action["previous_path"]] = None
        return project.commit(branch, request["commit_message"], changes, start=base)

    def content(self, project, base, action):
        mode = "100755" if action.get("execute_filemode") else "100644"
        if "content" not in action:
            return mode, project.file(base, action.get("previous_path") or action["file_path"])
        text = action["content"]
        return mode, base64.b64decode(text) if action.get("encoding") == "base64" else text.encode()

    def respond_repository(self, project, what, name):
        """Commits, branches and the tree, read only."""
        if what == "commits":
            ref = name or self.query.get("ref_name", project.default_branch)
            if not project.commit_id(ref):
                return self.not_found("404 Commit Not Found")
            log = project.git("log", "-1" if name else "-100", "--format=%H%x1f%s%x1f%B%x1e", ref).decode()
            commits = [dict(zip(("id", "title", "message"), entry.strip().split("\x1f"))) for entry in log.split("\x1e") if entry.strip()]
            return self.send_json(200, commits[0] if name else commits)
        if what == "branches":
            listing = project.git("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads").decode().split()
            branches = [{"name": branch, "default": branch == project.default_branch, "commit": {"id": commit}}
                        for branch, commit in zip(listing[::2], listing[1::2]) if name in ("", branch)]
            if name and not branches:
                return self.not_found("404 Branch Not Found")
            return self.send_json(200, branches[0] if name else branches)
        commit = project.commit_id(self.query.get("ref", project.default_branch))
        listing = project.git("ls-tree", "--full-tree", *(["-r"] if self.query.get("recursive") == "true" else []), commit).decode()
        entries = [line.split(None, 3) for line in listing.splitlines()]
        return self.send_json(200, [{"id": oid, "name": path.rpartition("/")[2], "type": kind, "path": path, "mode": mode}
                                    for mode, kind, oid, path in entries])
