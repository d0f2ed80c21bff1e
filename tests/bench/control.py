"""The control interface of the GitLab stand-in: tests post jobs and look at what became of them."""

import re

import oidc
from repositories import Refused

DEFAULT_PROJECT = "root/bench"


class Control:
    """Part of the handler."""

    def respond_control(self, path):
        job = re.fullmatch(r"jobs/(\d+)(/cancel|/trace|/artifacts/(\d+))?", path)
        if self.respond_world(path):
            pass
        elif path == "jobs" and self.command == "POST":
            self.post_job()
        elif path == "jobs":
            self.send_json(200, [job.describe() for job in list(self.gitlab.coordinator.jobs.values())])
        elif job:
            self.respond_job(job)
        elif path == "projects" and self.command == "POST":
            self.post_project()
        elif path == "runners" and self.command == "POST":
            token = self.body.json()["token"]
            self.gitlab.coordinator.runners.add(token)
            self.send_json(201, {"token": token})
        elif path == "id_token" and self.command == "POST":
            self.send_json(201, {"token": oidc.forged(self.gitlab.key, self.body.json())})
        elif path == "reset" and self.command == "POST":
            self.body.drain()
            self.gitlab.clear()
            self.send_json(200, {})
        else:
            self.not_found()

    def post_job(self):
        spec = self.body.json()
        project = self.gitlab.repositories.ensure(spec.get("project") or DEFAULT_PROJECT)
        jobs = self.gitlab.coordinator.jobs
        if "ref" in spec and "sha" not in spec and not project.ref(spec["ref"]):
            raise Refused(f"no branch or tag {spec['ref']} in {project.path}")
        for number in spec.get("dependencies") or []:
            if number not in jobs:
                raise Refused(f"no job {number} to depend on")
        if "runner" in spec and spec["runner"] not in self.gitlab.coordinator.runners:
            raise Refused(f"no runner {spec['runner']}")
        job = self.gitlab.coordinator.post(spec, project)
        self.send_json(201, {"id": job.number, "token": job.token, "project_id": project.number})

    def respond_job(self, match):
        job = self.gitlab.coordinator.jobs.get(int(match[1]))
        if not job or match[3] and int(match[3]) >= len(job.artifacts):
            self.not_found()
        elif match[3]:
            self.send_file(job.artifacts[int(match[3])]["file"], "application/octet-stream")
        elif match[2] == "/trace":
            self.send(200, bytes(job.trace), {"Content-Type": "text/plain"})
        elif match[2]:
            self.gitlab.coordinator.cancel(job, bool(self.body.json().get("soft")))
            self.send_json(200, {"id": job.number, "state": job.state})
        else:
            if "wait" in self.query:
                self.gitlab.coordinator.wait(job, float(self.query["wait"]))
            self.send_json(200, job.describe())

    def post_project(self):
        request = self.body.json()
        files = {name: tuple(content) if isinstance(content, list) else content
                 for name, content in (request.get("files") or {}).items()}
        files = {name: (content[0], content[1].encode()) if isinstance(content, tuple) else content
                 for name, content in files.items()}
        project = self.gitlab.repositories.create_with(request["path"], files, request.get("lfs"), request.get("submodule"))
        for name in request.get("branches") or []:
            project.commit(name, f"Begin {name}", {}, start=project.default_branch)
        for name in request.get("tags") or []:
            project.tag(name, project.default_branch)
        self.send_json(201, {"id": project.number, "path": project.path, "sha": project.commit_id("main")})
