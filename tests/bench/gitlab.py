"""The GitLab stand-in: runner coordinator, REST, git over HTTP with LFS, and a control interface for tests.

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
from calls import DEVELOPER
from control import Control
from control_world import ControlWorld
from coordinator import Coordinator
from git_http import smart_http
from repositories import Refused, Repositories
from rest import Limiter, Rest
from runner_api import RunnerApi
from world import World

GIT_PATH = re.compile(r"^/(?P<project>.+?)\.git/(?P<rest>info/refs|git-upload-pack|git-receive-pack|info/lfs/objects/batch|"
                      r"gitlab-lfs/objects/(?P<object>[0-9a-f]{64})(?:/\d+)?)$")
# The other calls below `runners` are those of their owners.
RUNNER_PATH = re.compile(r"^((POST|DELETE) /api/v4/runners|\w+ /api/v4/runners/(verify|reset_authentication_token|router/discovery))$")


class GitLab:
    """What all connections share."""

    def __init__(self, directory, long_poll_secs, artifact_limit, program=None):
        os.makedirs(directory, exist_ok=True)
        self.repositories = Repositories(directory)
        self.coordinator = Coordinator(directory)
        self.artifacts = Artifacts(self.coordinator.directory, artifact_limit)
        self.long_poll_secs = long_poll_secs
        self.world = World(self.repositories, self.coordinator)
        self.limiter = Limiter()
        self.program = program and os.path.abspath(program)
        self.key = oidc.Key()

    def clear(self):
        self.repositories.clear()
        self.coordinator.clear()
        self.world.clear()
        self.limiter.set(None, 0)


class Handler(RunnerApi, Rest, Control, ControlWorld, face.Handler):
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
            elif RUNNER_PATH.match(f"{self.command} {path}"):
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

    def git_user(self, project):
        """`(name, user, may push)` of the basic authentication, or None. A job token is good only while its job runs."""
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        name, _, password = base64.b64decode(credentials).decode().partition(":")
        world, token = self.gitlab.world, self.gitlab.world.token(password)
        if token:
            self.facts["user"] = token.user.username
            if not {"api", "read_repository", "write_repository"} & set(token.scopes):
                return None
            return name or "root", token.user, bool({"api", "write_repository"} & set(token.scopes))
        job = self.gitlab.coordinator.of_token(password)
        if job and name == "gitlab-ci-token":
            self.facts["job"] = job.number
            own = job.project is project and world.of(project).settings["ci_push_repository_for_job_token_allowed"]
            return name, world.users["root"], own
        for one in world.of(project).deploy_tokens if project else ():
            if (one["username"], one["token"]) == (name, password) and "read_repository" in one["scopes"] and not one["revoked"]:
                return name, world.users["root"], False
        return None

    def respond_git(self, match, path, query):
        project = self.gitlab.repositories.find(urllib.parse.unquote(match["project"]))
        user = self.git_user(project)
        record, world = project and self.gitlab.world.of(project), self.gitlab.world
        push = "git-receive-pack" in (match["rest"], self.query.get("service"))
        if project:
            self.facts["project"] = project.path
        if not user:
            self.body.drain()
            self.send(401, "HTTP Basic: Access denied\n", {"WWW-Authenticate": 'Basic realm="GitLab"', "Content-Type": "text/plain"})
        elif not project or not world.sees(user[1], record):
            self.body.drain()
            self.send(404, "The project you were looking for could not be found.\n", {"Content-Type": "text/plain"})
        elif match["object"]:
            self.respond_lfs_object(match["object"], user)
        elif match["rest"] == "info/lfs/objects/batch":
            self.respond_lfs_batch(project, user)
        elif push and (not user[2] or world.role(user[1], record) < DEVELOPER or record.archived):
            self.body.drain()
            self.send(403, "You are not allowed to push code to this project.\n", {"Content-Type": "text/plain"})
        elif not push and not world.reads_code(user[1], record):
            self.body.drain()
            self.send(403, "You are not allowed to download code from this project.\n", {"Content-Type": "text/plain"})
        else:
            smart_http(self, project, path, query, user[0], user[1])

    def respond_lfs_batch(self, project, user):
        request = self.body.json()
        upload = request["operation"] == "upload"
        if upload and not user[2]:
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
        if self.command == "PUT" and user[2]:
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
    options.add_argument("--listen", metavar="HOST:PORT", help="plain HTTP there and nothing else; port 0 for any")
    options.add_argument("--directory", required=True, help="repositories, objects and artifacts")
    options.add_argument("--rules", required=True, help="fault rules, a JSON file")
    options.add_argument("--journal", required=True)
    options.add_argument("--certificate", help="not needed with --listen")
    options.add_argument("--key", help="not needed with --listen")
    options.add_argument("--program", help="a baws-ci that answers CI lint")
    options.add_argument("--long-poll-secs", type=float, default=20)
    options.add_argument("--artifact-limit", type=int, default=100 << 20, help="in bytes")
    given = options.parse_args()
    if not given.listen and not (given.certificate and given.key):
        options.error("--certificate and --key are needed without --listen")
    gitlab = GitLab(given.directory, given.long_poll_secs, given.artifact_limit, given.program)
    rules, journal = faults.Rules(given.rules), faults.Journal(given.journal)
    if given.listen:
        host, _, port = given.listen.rpartition(":")
        servers = [face.Server((host, int(port)), Handler, rules, journal)]
        print(f"listening on http://{host}:{servers[0].server_address[1]}", flush=True)
    else:
        servers = [face.Server((given.address, 80), Handler, rules, journal),
                   face.Server((given.address, 443), Handler, rules, journal, face.tls_context(given.certificate, given.key))]
    for server in servers:
        server.gitlab = gitlab
    face.serve(servers)


if __name__ == "__main__":
    main()
