"""The job queue of the GitLab stand-in: which job a runner gets, and what becomes of it."""

import itertools
import os
import secrets
import shutil
import threading
import time
import zlib

from counter import Counter

DEFAULT_RUNNER = "glrt-bench-0123456789abcdef"
RUNNING = ("running", "canceling")
FINAL = ("success", "failed", "canceled")


class Job:
    """One job, from its posting to its end."""

    def __init__(self, number, spec, project):
        self.number = number
        self.spec = spec
        self.project = project
        self.token = "glcbt-" + secrets.token_hex(10)
        self.state = "pending"
        self.failure_reason = None
        self.exit_code = None
        self.trace = bytearray()
        self.patches = []
        self.updates = []
        self.artifacts = []
        self.runner = None
        self.info = None
        self.posted = time.time()
        self.started = None
        self.finished = None

    def is_running(self):
        return self.state in RUNNING

    def since_start(self):
        return round(time.time() - (self.started or self.posted), 3)

    def describe(self):
        """What the control interface tells about the job."""
        return {
            "id": self.number, "name": self.spec.get("name", "job"), "project": self.project.path, "state": self.state,
            "failure_reason": self.failure_reason, "exit_code": self.exit_code, "token": self.token,
            "trace": self.trace.decode(errors="replace"), "trace_bytes": len(self.trace), "patches": self.patches,
            "updates": self.updates, "runner": self.runner, "info": self.info,
            "posted_at": self.posted, "started_at": self.started, "finished_at": self.finished,
            "artifacts": [{key: value for key, value in artifact.items() if key != "file"} for artifact in self.artifacts]}


class Coordinator:
    """All jobs and the runners that may ask for them."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, "artifacts")
        # Containers and volumes are named by job: a number must not come back after `reset` or `down`.
        self.numbers = Counter(os.path.join(directory, "next-job"), 1001)
        self.changed = threading.Condition()
        self.updates = itertools.count(1)
        self.clear()

    def clear(self):
        with self.changed:
            shutil.rmtree(self.directory, ignore_errors=True)
            os.makedirs(self.directory)
            self.jobs = {}
            self.runners = {DEFAULT_RUNNER}
            self.last_update = str(next(self.updates))
            self.changed.notify_all()

    def post(self, spec, project):
        """Puts a job into the queue."""
        with self.changed:
            job = Job(self.numbers.take(), spec, project)
            self.jobs[job.number] = job
            self.last_update = str(next(self.updates))
            self.changed.notify_all()
            return job

    def request(self, runner, info, wait, client_is_there):
        """The next job for that runner; None when none came within `wait` seconds or the runner went away."""
        deadline = time.monotonic() + wait
        with self.changed:
            while True:
                for job in self.jobs.values():
                    if job.state == "pending" and job.spec.get("runner", runner) == runner:
                        if not client_is_there():
                            return None
                        job.state, job.runner, job.info, job.started = "running", runner, info, time.time()
                        self.changed.notify_all()
                        return job
                left = deadline - time.monotonic()
                if left <= 0 or not client_is_there():
                    return None
                self.changed.wait(min(left, 1))

    def give_back(self, job):
        """The answer that carried the job did not reach the runner."""
        with self.changed:
            job.state, job.runner, job.started = "pending", None, None
            self.changed.notify_all()

    def of_token(self, token):
        """The running job of that token, or None: a token dies with its job."""
        for job in list(self.jobs.values()):
            if job.is_running() and secrets.compare_digest(job.token, token or ""):
                return job
        return None

    def append(self, job, start, data):
        """Adds to the trace. False when `start` is not its length."""
        with self.changed:
            if start != len(job.trace):
                return False
            job.trace += data
            job.patches.append({"at": job.since_start(), "start": start, "bytes": len(data)})
            self.changed.notify_all()
            return True

    def update(self, job, report):
        """Takes a `PUT jobs/:id`. The status to answer: 202 while the trace is not complete."""
        state = report.get("state") or "running"
        status = 200
        with self.changed:
            output = report.get("output") or {}
            if state in FINAL and len(job.trace) < int(output.get("bytesize") or 0) \
                    and output.get("checksum") != f"crc32:{zlib.crc32(job.trace):08x}":
                status = 202
            job.updates.append({"at": job.since_start(), "state": state, "status": status,
                                "failure_reason": report.get("failure_reason"), "exit_code": report.get("exit_code")})
            if status == 200 and state in FINAL:
                job.state = "canceled" if job.state == "canceling" else state
                job.failure_reason = report.get("failure_reason") or None
                job.exit_code = report.get("exit_code")
                job.finished = time.time()
            self.changed.notify_all()
        return status

    def cancel(self, job, soft):
        """Soft: the runner may go on until its final update. Hard, or still pending: over at once."""
        with self.changed:
            if job.state in FINAL:
                return
            if soft and job.is_running():
                job.state = "canceling"
            else:
                job.state, job.finished = "canceled", time.time()
            self.changed.notify_all()

    def wait(self, job, seconds):
        """Until the job has ended, at most so long."""
        with self.changed:
            self.changed.wait_for(lambda: job.state in FINAL, seconds)
