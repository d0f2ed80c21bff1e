"""Takes jobs from the coordinator as a runner does, where there is no gitlab-runner, and has `baws-ci local` run them.

    loop.py --baws-ci PATH [--slots N] [--once] [--url URL] [--token TOKEN] [-- FLAG…]

For each job: `PATH local --payload JOB.json --artifacts-in DIR --artifacts-out DIR --result RESULT.json FLAG…`. Its output
becomes the job's log, masked. A soft cancel sends it SIGTERM, a hard one SIGINT. What it leaves in RESULT.json
(`baws-ci/job-result/1`) becomes the job's end. SIGTERM to the loop: it takes no more jobs and ends with those it has.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import archives
from client import URL, Client
from mask import Mask

DEFAULT_TOKEN = os.environ.get("BENCH_RUNNER_TOKEN", "glrt-bench-0123456789abcdef")
SYSTEM_FAILURE = {"state": "failed", "failure_reason": "runner_system_failure", "exit_code": None}
# Seconds between looks at the output, and between signs of life of a quiet job (which bring the news of a cancel).
TRACE_SECS, ALIVE_SECS = 0.2, 1.0
# Seconds that `baws-ci local` has after a hard cancel, and beyond the job's own timeout.
KILL_SECS = 60


class Trace:
    """The job's log: collects output and sends it on, and learns from the answers whether the job was canceled."""

    def __init__(self, client, job):
        self.client = client
        self.job = job
        self.mask = Mask([variable["value"] for variable in job["variables"] if variable.get("masked")] + [job["token"]])
        self.lock = threading.Lock()
        self.text = bytearray()
        self.sent = 0
        self.status = "running"
        self.last_call = time.monotonic()

    def add(self, data):
        with self.lock:
            self.text += self.mask.feed(data)

    def end(self):
        with self.lock:
            self.text += self.mask.rest()

    def call(self, method, path, body, headers=None):
        """One call about this job. None when the coordinator cannot be reached now."""
        try:
            answer = self.client.call(method, f"/api/v4/jobs/{self.job['id']}{path}", body, {"JOB-TOKEN": self.job["token"], **(headers or {})})
        except OSError as error:
            print(f"job {self.job['id']}: {method} {path}: {error}", file=sys.stderr, flush=True)
            self.client.close()
            return None
        self.last_call = time.monotonic()
        self.status = answer.headers.get("Job-Status") or ("canceled" if answer.status == 403 else self.status)
        if answer.status == 403 and self.status in ("running", "canceling"):
            self.status = "canceled"
        return answer

    def send(self):
        """Sends what is new; with nothing new for a second, a sign of life."""
        with self.lock:
            part = bytes(self.text[self.sent:self.sent + (1 << 20)])
        if not part:
            if time.monotonic() - self.last_call >= ALIVE_SECS:
                self.call("PUT", "", {"token": self.job["token"], "state": "running"})
            return
        answer = self.call("PATCH", "/trace", part, {"Content-Range": f"{self.sent}-{self.sent + len(part) - 1}", "Content-Type": "text/plain"})
        if answer and answer.status == 202:
            self.sent += len(part)
        elif answer and answer.status == 416:
            self.sent = int(answer.headers["Range"].rpartition("-")[2])

    def send_all(self):
        for _ in range(1000):
            if self.sent >= len(self.text) or self.status == "canceled":
                return
            before = self.sent
            self.send()
            if self.sent == before:
                time.sleep(TRACE_SECS)

    def finish(self, result):
        """The final update, again while the coordinator misses a part of the log."""
        output = {"checksum": f"crc32:{zlib.crc32(self.text):08x}", "bytesize": len(self.text)}
        update = {"token": self.job["token"], "state": "success" if result["state"] == "success" else "failed",
                  "failure_reason": result.get("failure_reason"), "exit_code": result.get("exit_code"),
                  "checksum": output["checksum"], "output": output}
        if update["state"] == "failed" and not update["failure_reason"]:
            update["failure_reason"] = "unknown_failure"
        for _ in range(50):
            self.send_all()
            if self.status == "canceled":
                return
            answer = self.call("PUT", "", update)
            if answer and answer.status != 202:
                return
            time.sleep(TRACE_SECS)


class Run:
    """One job in the hands of `baws-ci local`."""

    def __init__(self, options, job, client, directory):
        self.options = options
        self.job = job
        self.client = client
        self.trace = Trace(client, job)
        self.directory = directory
        self.incoming, self.outgoing = self.path("in"), self.path("out")
        os.makedirs(self.incoming)
        os.makedirs(self.outgoing)

    def path(self, name):
        return os.path.join(self.directory, name)

    def run(self):
        try:
            archives.download(self.client, self.job, self.incoming)
            result = self.execute()
            if self.trace.status != "canceled":
                archives.upload(self.client, self.job, self.outgoing)
        except (archives.Failed, OSError) as error:
            self.trace.add(f"error: {error}\n".encode())
            result = SYSTEM_FAILURE
        self.trace.end()
        self.trace.finish(result)
        return result

    def execute(self):
        """Runs the program to its end and reads what it says became of the job."""
        with open(self.path("job.json"), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(self.job, file)
        command = [self.options.baws_ci, "local", "--payload", self.path("job.json"), "--artifacts-in", self.incoming,
                   "--artifacts-out", self.outgoing, "--result", self.path("result.json"), *self.options.flags]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        reader = threading.Thread(target=self.read, args=(process.stdout,), daemon=True)
        reader.start()
        self.watch(process)
        # What the program left running may hold the pipe open: its output is no longer the job's.
        reader.join(timeout=2)
        try:
            with open(self.path("result.json")) as file:
                return json.load(file)
        except (OSError, ValueError) as error:
            self.trace.add(f"error: no result from {self.options.baws_ci} (exit {process.returncode}): {error}\n".encode())
            return SYSTEM_FAILURE

    def read(self, pipe):
        while data := os.read(pipe.fileno(), 65536):
            self.trace.add(data)

    def watch(self, process):
        """Until the program ends: sends its output, hands cancels on, and kills it when it outstays its time."""
        deadline = time.monotonic() + (self.job["runner_info"].get("timeout") or 7200) + KILL_SECS
        told = "running"
        while True:
            try:
                process.wait(TRACE_SECS)
                return
            except subprocess.TimeoutExpired:
                pass
            if told != "canceled":
                self.trace.send()
            status = self.trace.status
            if status == "canceling" and told == "running":
                process.send_signal(signal.SIGTERM)
            elif status == "canceled" and told != "canceled":
                process.send_signal(signal.SIGINT)
                deadline = time.monotonic() + KILL_SECS
            told = status
            if time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)


class Loop:
    """The slots, each of which takes one job after the other."""

    def __init__(self, options):
        self.options = options
        self.stopping = threading.Event()
        self.refused = False
        self.busy = threading.Semaphore(options.slots)

    def request(self, client):
        """The next job, or None. A coordinator that cannot be reached is asked again after a second."""
        info = {"executor": "baws-ci-loop", "name": "loop", "version": "1", "features": {"cancelable": True, "cancel_gracefully": True}}
        try:
            answer = client.call("POST", "/api/v4/jobs/request", {"token": self.options.token, "info": info, "system_id": "s_bench"})
        except OSError:
            client.close()
            time.sleep(1)
            return None
        if answer.status == 403:
            print("error: the coordinator does not know the runner token", file=sys.stderr, flush=True)
            self.stopping.set()
            self.refused = True
            return None
        if answer.status == 201:
            return answer.json()
        if answer.status != 204:
            time.sleep(1)
        return None

    def slot(self):
        client = Client(self.options.url)
        while not self.stopping.is_set():
            job = self.request(client)
            if not job:
                continue
            if self.options.once:
                self.stopping.set()
            with self.busy, tempfile.TemporaryDirectory(prefix="loop-", dir=self.options.work) as directory:
                result = Run(self.options, job, client, directory).run()
            print(json.dumps({"job": job["id"], **result}), flush=True)

    def run(self):
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: self.stopping.set())
        threads = [threading.Thread(target=self.slot, daemon=True) for _ in range(1 if self.options.once else self.options.slots)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and not self.stopping.wait(0.2):
            pass
        if self.options.once:
            threads[0].join()
        # A slot without a job may wait for one in a long request: only those at work are waited for.
        for _ in threads:
            self.busy.acquire()
        sys.exit(1 if self.refused else 0)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--baws-ci", required=True, metavar="PATH")
    options.add_argument("--url", default=URL)
    options.add_argument("--token", default=DEFAULT_TOKEN)
    options.add_argument("--slots", type=int, default=1, help="jobs at the same time")
    options.add_argument("--once", action="store_true", help="end after one job")
    options.add_argument("--work", default=None, metavar="DIR", help="for the files of running jobs")
    options.add_argument("flags", nargs="*", metavar="FLAG", help="after `--`: more flags for `baws-ci local`")
    Loop(options.parse_args()).run()


if __name__ == "__main__":
    main()
