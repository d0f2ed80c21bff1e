"""The GitLab stand-in: runner coordinator, a little REST, git over HTTP with LFS, and a control interface for tests.

It is not GitLab; its answers are as close as a runner and a repository need. Control lives under `/_bench/`, where no
fault rule applies. Everything it keeps is gone when it starts again, but for the number of the next job.
"""

import argparse
import base64
import json
import os
import re
import urllib.parse

import face
import faults
import oidc
from artifacts import Artifacts
from control import Control
from coordinator import Coordinator
from repositories import Refused, Repositories, smart_http
from rest import Rest
from runner_api import RunnerApi

PERSONAL_TOKEN = "glpat-bench-0123456789ab"
GIT_PATH = re.compile(r"^/(?P<project>.+?)\.git/(?P<rest>info/refs|git-upload-pack|git-receive-pack|info/lfs/objects/batch|"
                      r"gitlab-lfs/objects/(?P<object>[0-9a-f]{64})(?:/\d+)?)$")


class GitLab:
    """What all connections share."""

    def __init__(self, directory, long_poll_secs, artifact_limit):
        os.makedirs(directory, exist_ok=True)
        self.repositories = Repositories(directory)
        self.coordinator = Coordinator(directory)
        self.artifacts = Artifacts(self.coordinator.directory, artifact_limit)
        self.long_poll_secs = long_poll_secs
        self.personal_tokens = {PERSONAL_TOKEN}
        self.key = oidc.Key()

    def clear(self):
        self.repositories.clear()
        self.coordinator.clear()
        self.personal_tokens = {PERSONAL_TOKEN}


class Handler(RunnerApi, Rest, Control, face.Handler):
    """Sends each request to the part it belongs to."""

    @property
    def gitlab(self):
        return self.server.gitlab

    def origin(self):
        """Scheme and host as this client named them; links and clone URLs start with it."""
        return f"{'https' if self.secure else 'http'}://{self.headers.get('Host', 'gitlab.bench.test')}"

    def respond(self):
        path, _, query = self.path.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        try:
            git = GIT_PATH.match(path)
            if path == "/-/readiness":
                self.send_json(200, {"status": "ok"})
            elif path == "/.well-known/openid-configuration":
                self.send_json(200, oidc.DISCOVERY)
            elif path == "/oauth/discovery/keys":
                self.send_json(200, {"keys": [self.gitlab.key.public()]})
            elif path.startswith(self.control):
                self.respond_control(path.removeprefix(self.control))
            elif git:
                self.respond_git(git, path, query)
            elif path.startswith("/api/v4/runners"):
                self.respond_runners(path)
            elif path.startswith("/api/v4/jobs/"):
                self.respond_jobs(path.removeprefix("/api/v4/jobs/"))
            elif path.startswith("/api/v4/"):
                self.respond_rest(path.removeprefix("/api/v4/"))
            else:
                self.not_found()
        except Refused as error:
            self.send_json(400, {"message": str(error)})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.send_json(400, {"message": f"{type(error).__name__}: {error}"})

    def not_found(self, what="404 Not Found"):
        self.send_json(404, {"message": what})

    # ---- git ----------------------------------------------------------------------------------------------------

    def git_user(self):
        """`(name, may push)` of the basic authentication, or None. A job token is good only while its job runs."""
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        user, _, password = base64.b64decode(credentials).decode().partition(":")
        if password in self.gitlab.personal_tokens:
            return user or "root", True
        job = self.gitlab.coordinator.of_token(password)
        if job and user == "gitlab-ci-token":
            self.facts["job"] = job.number
            return user, False
        return None

    def respond_git(self, match, path, query):
        user = self.git_user()
        project = self.gitlab.repositories.find(urllib.parse.unquote(match["project"]))
        if not user:
            self.body.drain()
            self.send(401, "HTTP Basic: Access denied\n", {"WWW-Authenticate": 'Basic realm="GitLab"', "Content-Type": "text/plain"})
        elif not project:
            self.body.drain()
            self.send(404, "The project you were looking for could not be found.\n", {"Content-Type": "text/plain"})
        elif match["object"]:
            self.respond_lfs_object(match["object"], user)
        elif match["rest"] == "info/lfs/objects/batch":
            self.respond_lfs_batch(project, user)
        elif "git-receive-pack" in (match["rest"], self.query.get("service")) and not user[1]:
            self.body.drain()
            self.send(403, "You are not allowed to push code to this project.\n", {"Content-Type": "text/plain"})
        else:
            smart_http(self, self.gitlab.repositories, path, query, user[0])

    def respond_lfs_batch(self, project, user):
        request = self.body.json()
        upload = request["operation"] == "upload"
        if upload and not user[1]:
            return self.send_lfs(403, {"message": "Access forbidden. Check your access level."})
        objects = []
        for wanted in request["objects"]:
            entry = {"oid": wanted["oid"], "size": wanted["size"]}
            present = os.path.exists(self.gitlab.repositories.object_path(wanted["oid"]))
            action = {"href": f"{self.origin()}/{project.path}.git/gitlab-lfs/objects/{wanted['oid']}/{wanted['size']}",
                      "header": {"Authorization": self.headers["Authorization"]}}
            if upload and not present:
                entry["actions"] = {"upload": action}
            elif not upload and present:
                entry["actions"] = {"download": action}
            elif not upload:
                entry["error"] = {"code": 404, "message": "Object does not exist on the server or you don't have permissions to access it"}
            objects.append(entry)
        self.send_lfs(200, {"transfer": "basic", "objects": objects})

    def send_lfs(self, status, value):
        self.send(status, json.dumps(value), {"Content-Type": "application/vnd.git-lfs+json"})

    def respond_lfs_object(self, name, user):
        path = self.gitlab.repositories.object_path(name)
        if self.command == "PUT" and user[1]:
            self.gitlab.repositories.store_object(name, self.body)
            self.send(200)
        elif self.command == "GET" and os.path.exists(path):
            self.send_file(path, "application/octet-stream")
        else:
            self.body.drain()
            self.send_lfs(403 if self.command == "PUT" else 404, {"message": "not here"})

    def send_file(self, path, kind, headers=None):
        with open(path, "rb") as file:
            self.send(200, iter(lambda: file.read(262144), b""), {"Content-Type": kind, **(headers or {})}, os.path.getsize(path))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--address", default="203.0.113.10")
    options.add_argument("--directory", required=True, help="repositories, objects and artifacts")
    options.add_argument("--rules", required=True, help="fault rules, a JSON file")
    options.add_argument("--journal", required=True)
    options.add_argument("--certificate", required=True)
    options.add_argument("--key", required=True)
    options.add_argument("--long-poll-secs", type=float, default=20)
    options.add_argument("--artifact-limit", type=int, default=100 << 20, help="in bytes")
    given = options.parse_args()
    gitlab = GitLab(given.directory, given.long_poll_secs, given.artifact_limit)
    rules, journal = faults.Rules(given.rules), faults.Journal(given.journal)
    servers = [face.Server((given.address, 80), Handler, rules, journal),
               face.Server((given.address, 443), Handler, rules, journal, face.tls_context(given.certificate, given.key))]
    for server in servers:
        server.gitlab = gitlab
    face.serve(servers)


if __name__ == "__main__":
    main()
