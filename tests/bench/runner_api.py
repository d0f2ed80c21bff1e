"""What a runner asks of the GitLab stand-in: `/api/v4/runners` and `/api/v4/jobs`."""

import json
import re
import urllib.parse

from coordinator import DEFAULT_RUNNER, FINAL
from payload import payload

# Seconds between two trace updates that the runner is asked for.
TRACE_UPDATE_INTERVAL = "1"


class RunnerApi:
    """Part of the handler."""

    # ---- runners ------------------------------------------------------------------------------------------------

    def respond_runners(self, path):
        request = self.runner_request()
        known = request.get("token") in self.gitlab.coordinator.runners
        if path == "/api/v4/runners" and self.command == "POST":
            # Registration with a registration token, as runners did before they were made in GitLab first.
            self.send_json(201, {"id": 1, "token": DEFAULT_RUNNER, "token_expires_at": None})
        elif not known:
            self.send_json(403, {"message": "403 Forbidden"})
        elif path == "/api/v4/runners" and self.command == "DELETE":
            self.send(204)
        elif path == "/api/v4/runners/verify" and self.command == "POST":
            made = (one["id"] for one in self.gitlab.world.runners.values() if one["token"] == request["token"])
            self.send_json(200, {"id": next(made, 1), "token": request["token"], "token_expires_at": None})
        else:
            self.not_found()

    def runner_request(self):
        """The body as JSON or as a form: runners send the one, people with curl the other."""
        text = self.body.all()
        if text.lstrip().startswith(b"{"):
            return json.loads(text)
        return dict(self.query, **dict(urllib.parse.parse_qsl(text.decode())))

    # ---- jobs ---------------------------------------------------------------------------------------------------

    def respond_jobs(self, path):
        if path == "request" and self.command == "POST":
            return self.request_job()
        match = re.fullmatch(r"(\d+)(/trace|/artifacts|/artifacts/authorize)?", path)
        job = match and self.gitlab.coordinator.jobs.get(int(match[1]))
        if not job:
            return self.not_found()
        self.facts["job"] = job.number
        part = (self.command, match[2] or "")
        if part == ("PUT", ""):
            return self.update_job(job)
        if part == ("GET", "/artifacts"):
            return self.download_artifacts(job)
        allowed = self.job_allows(job, self.headers.get("JOB-TOKEN") or self.query.get("token"))
        if not allowed:
            return None
        if part == ("PATCH", "/trace"):
            return self.append_trace(job)
        if part == ("POST", "/artifacts/authorize"):
            return self.authorize_artifacts(job)
        if part == ("POST", "/artifacts"):
            return self.upload_artifacts(job)
        return self.not_found()

    def job_allows(self, job, token):
        """Whether the job runs and the token is its own; answers 403 when not."""
        if token == job.token and job.is_running():
            return True
        self.body.drain()
        self.send_json(403, {"message": "403 Forbidden" if token != job.token else "403 Forbidden  - Job is not running"},
                       self.job_headers(job))
        return False

    def job_headers(self, job):
        return {"Job-Status": job.state, "X-GitLab-Trace-Update-Interval": TRACE_UPDATE_INTERVAL}

    def request_job(self):
        coordinator = self.gitlab.coordinator
        request = self.body.json()
        if request.get("token") not in coordinator.runners:
            return self.send_json(403, {"message": "403 Forbidden"})
        wait = self.gitlab.long_poll_secs
        job = coordinator.request(request["token"], dict(request.get("info") or {}, system_id=request.get("system_id")), wait,
                                  self.client_is_there)
        if not job:
            return self.send(204, headers={"X-GitLab-Last-Update": coordinator.last_update})
        self.facts["job"] = job.number
        try:
            answer = payload(job, self.origin(), coordinator.jobs, self.gitlab.key)
            self.send_json(201, answer, {"X-GitLab-Last-Update": coordinator.last_update})
        except Exception:
            coordinator.give_back(job)
            raise
        return None

    def update_job(self, job):
        report = self.body.json()
        token = self.headers.get("JOB-TOKEN") or report.get("token") or self.query.get("token")
        if not self.job_allows(job, token):
            return
        status = self.gitlab.coordinator.update(job, report)
        self.facts["state"] = report.get("state")
        self.send_json(status, status, self.job_headers(job))

    def append_trace(self, job):
        span = re.fullmatch(r"(\d+)-(\d+)", self.headers.get("Content-Range", ""))
        data = self.body.all()
        if not span:
            return self.send_json(400, {"message": "400 Missing header Content-Range"}, self.job_headers(job))
        accepted = self.gitlab.coordinator.append(job, int(span[1]), data)
        return self.send_json(202 if accepted else 416, {"message": "202 Accepted" if accepted else "416 Range Not Satisfiable"},
                              {**self.job_headers(job), "Range": f"0-{len(job.trace)}"})

    # ---- artifacts ----------------------------------------------------------------------------------------------

    def authorize_artifacts(self, job):
        self.body.drain()
        if int(self.query.get("filesize") or 0) > self.gitlab.artifacts.limit:
            return self.send_json(413, {"message": "413 Request Entity Too Large"}, self.job_headers(job))
        return self.send_json(200, {"TempPath": "/tmp"}, self.job_headers(job))

    def upload_artifacts(self, job):
        stored = self.gitlab.artifacts.store(job, self.body, self.headers.get("Content-Type", ""), self.query)
        if not stored:
            return self.send_json(413, {"message": "413 Request Entity Too Large"}, self.job_headers(job))
        self.facts["artifact"] = stored["filename"]
        return self.send_json(201, {"message": "201 Created"}, self.job_headers(job))

    def download_artifacts(self, job):
        """With the token of any running job of the same project, as a later job has for an earlier one."""
        asking = self.gitlab.coordinator.of_token(self.headers.get("JOB-TOKEN") or self.query.get("token"))
        archive = self.gitlab.artifacts.archive(job)
        if not asking or asking.project is not job.project:
            return self.send_json(403, {"message": "403 Forbidden"})
        if not archive or job.state not in FINAL and job is not asking:
            return self.not_found()
        return self.send_file(archive["file"], "application/octet-stream",
                              {"Content-Disposition": f'attachment; filename="{archive["filename"]}"'})
