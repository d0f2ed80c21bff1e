"""The same jobs under a real gitlab-runner: its executors custom (this program), docker and shell, by its own clock."""

import json
import os
import shutil
import signal
import subprocess
import time

from client import control
from engine import Calls
from output import BYTES, FLOOD, IMAGE
from process import PATH, Failed
from rounds import alternate, highest, percentile, ratio
from table import Row
from trivial import BUILD, DOCKER, HELPER

PEER_HELPER = "bench/runner-helper:1"
AT_ONCE = 20
LONGEST_SECS = 300
TRIVIAL = {"script": ["cat hello.txt"], "image": BUILD, "variables": {"GIT_STRATEGY": "clone"}}
HELPER_RECIPE = f"""FROM {HELPER}
COPY gitlab-runner /usr/bin/gitlab-runner
COPY entrypoint /entrypoint
COPY gitlab-runner-build /usr/bin/gitlab-runner-build
RUN ln -s gitlab-runner /usr/bin/gitlab-runner-helper
ENTRYPOINT ["/entrypoint"]
CMD ["sh"]
"""
CONFIGURATION = """concurrent = {concurrent}
check_interval = 1
log_format = "json"
log_level = "info"
[[runners]]
  name = "{executor}"
  url = "http://gitlab.bench.test"
  token = "{token}"
  executor = "{executor}"
  request_concurrency = {concurrent}
  {more}
  [runners.feature_flags]
    FF_TIMESTAMPS = false
    FF_USE_ADAPTIVE_REQUEST_CONCURRENCY = false
{section}"""
DOCKER_SECTION = """  [runners.docker]
    host = "{host}"
    image = "bench/busybox:1"
    helper_image = "{helper}"
    pull_policy = "if-not-present"
    volumes = ["/cache"]
"""
CUSTOM_DIRECTORIES = 'builds_dir = "/builds"\n  cache_dir = "/cache"\n  safe_directory_checkout = true'


class RealRunner:
    """The given gitlab-runner, with what its executors need."""

    def __init__(self, stand, program):
        self.stand = stand
        self.directory = os.path.join(stand.directory, "runner")
        os.makedirs(self.directory)
        # Under its usual name: by that the executor finds the program for cache and artifacts.
        self.program = os.path.join(self.directory, "gitlab-runner")
        shutil.copy(program, self.program)
        os.chmod(self.program, 0o755)
        self.environment = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": self.directory, "TMPDIR": self.directory,
                            "DOCKER_HOST": os.environ["DOCKER_HOST"]}
        self.make_helper()

    def make_helper(self):
        """The docker executor's helper image, which holds the runner itself."""
        context = os.path.join(self.directory, "helper")
        os.makedirs(context)
        os.link(self.program, os.path.join(context, "gitlab-runner"))
        for name, text in (("entrypoint", '#!/bin/sh\nexec "$@"\n'), ("gitlab-runner-build", "#!/bin/sh\numask 0000\nexec /bin/bash\n")):
            path = os.path.join(context, name)
            with open(path, "w") as file:
                file.write(text)
            os.chmod(path, 0o755)
        done = subprocess.run([DOCKER, "build", "-q", "-t", PEER_HELPER, "-f", "-", context], input=HELPER_RECIPE, text=True,
                              env={**self.environment, "DOCKER_BUILDKIT": "0"}, capture_output=True)
        if done.returncode:
            raise Failed(f"cannot build the docker executor's helper image: {done.stderr.strip()}")

    def version(self):
        done = subprocess.run([self.program, "--version"], env=self.environment, capture_output=True, text=True, check=True)
        return next(line.split()[-1] for line in done.stdout.splitlines() if line.startswith("Version:"))

    def custom(self, concurrent=1, logged=False):
        config = self.stand.logged_config if logged else self.stand.config
        calls = [f'    {key}_exec = "{self.stand.program}"\n    {key}_args = ["--config", "{config}", "executor", "{key}"]\n'
                 for key in ("config", "prepare", "run", "cleanup")]
        section = "  [runners.custom]\n" + "".join(calls) + "    graceful_kill_timeout = 30\n    force_kill_timeout = 10\n"
        return Service(self, "custom", concurrent, CUSTOM_DIRECTORIES, section)

    def docker(self, concurrent=1, logged=False):
        host = os.environ["BENCH_DOCKER_LOGGED" if logged else "DOCKER_HOST"]
        return Service(self, "docker", concurrent, "", DOCKER_SECTION.format(host=host, helper=PEER_HELPER))

    def shell(self):
        builds, cache = (os.path.join(self.directory, name) for name in ("shell-builds", "shell-cache"))
        return Service(self, "shell", 1, f'builds_dir = "{builds}"\n  cache_dir = "{cache}"', "")


class Service:
    """gitlab-runner at work, with one executor, while the block runs."""

    def __init__(self, runner, executor, concurrent, more, section):
        self.runner, self.executor = runner, executor
        self.token = f"glrt-{executor:x<6}-0123456789abcd"
        self.path = os.path.join(runner.directory, executor)
        self.text = CONFIGURATION.format(concurrent=concurrent, executor=executor, token=self.token, more=more, section=section)

    def __enter__(self):
        os.makedirs(self.path, exist_ok=True)
        with open(self.path + ".toml", "w") as file:
            file.write(self.text)
        control("POST", "runners", {"token": self.token})
        self.log = open(self.path + ".log", "w")
        self.process = subprocess.Popen(
            [self.runner.program, "run", "-c", self.path + ".toml", "-d", self.path], env=self.runner.environment, cwd=self.path,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def post(self, spec):
        return control("POST", "jobs", {**spec, "runner": self.token})["id"]

    def seconds(self, number):
        """Waits for a job that has to succeed: what the runner says of its duration."""
        job = control("GET", f"jobs/{number}?wait={LONGEST_SECS / 10}")
        deadline = time.monotonic() + LONGEST_SECS
        while job["state"] not in ("success", "failed", "canceled") and time.monotonic() < deadline:
            job = control("GET", f"jobs/{number}?wait={LONGEST_SECS / 10}")
        if job["state"] != "success":
            raise Failed(f"the job under the {self.executor} executor ended as {job['state']} ({job['failure_reason']}):\n{job['trace'][-3000:]}")
        while time.monotonic() < deadline:
            duration = self.logged_duration(number)
            if duration is not None:
                return duration
            time.sleep(0.05)
        raise Failed(f"gitlab-runner's log does not tell how long job {number} took")

    def logged_duration(self, number):
        with open(self.path + ".log") as file:
            for line in file:
                if '"duration_s"' in line:
                    entry = json.loads(line)
                    if entry.get("job") == number:
                        return float(entry["duration_s"])
        return None

    def run(self, spec):
        return self.seconds(self.post(spec))


def durations(stand, runner, rounds):
    """The trivial job and the flood, one job at a time."""
    flood = {"script": FLOOD.splitlines(), "image": IMAGE, "variables": {"GIT_STRATEGY": "none"}}
    with runner.custom() as custom, runner.docker() as docker, runner.shell() as shell:
        ours, peer, bare = alternate(rounds, *(lambda one=one: one.run(TRIVIAL) for one in (custom, docker, shell)))
        flooded = alternate(max(2, rounds // 2), lambda: custom.run(flood), lambda: docker.run(flood))
    stand.detail["trivial job under gitlab-runner, s"] = {"custom": ours, "docker": peer, "shell": bare}
    stand.detail[f"{BYTES >> 20} MB of output under gitlab-runner, s"] = {"custom": flooded[0], "docker": flooded[1]}
    return [Row("trivial job with clone, under gitlab-runner", ratio(ours, peer), "×", "docker executor", 0.35, 0.25),
            Row("the same", ratio(ours, bare), "×", "shell executor, no isolation"),
            Row("for comparison: the shell executor", ratio(bare, peer), "×", "docker executor"),
            Row("job with 256 MB of output, under gitlab-runner", ratio(flooded[1], flooded[0]), "× as fast", "docker executor", 2.5, 3.5,
                most=False)]


def counted(stand, runner):
    """What the executors ask of the engine for the trivial job."""
    rows = []
    for service in (runner.custom(logged=True), runner.docker(logged=True)):
        with service:
            service.run(TRIVIAL)
            with Calls() as calls:
                service.run(TRIVIAL)
        stand.detail[f"Docker API calls under gitlab-runner, {service.executor} executor"] = calls.all
        rows.append(Row(f"the same under gitlab-runner, {service.executor} executor", highest([len(calls.all)]), "calls"))
        rows.append(Row(f"container starts of it, {service.executor} executor", highest([len(calls.starts)]), ""))
    return rows


def at_once(stand, runner, rounds):
    """Twenty trivial jobs posted together: the 95th percentile of their durations."""
    def burst(service):
        with service:
            service.run(TRIVIAL)
            numbers = [service.post(TRIVIAL) for _ in range(AT_ONCE)]
            return percentile([service.seconds(number) for number in numbers], 95)
    sides = [[], []]
    for _ in range(rounds):
        sides[0].append(burst(runner.custom(AT_ONCE)))
        sides[1].append(burst(runner.docker(AT_ONCE)))
    stand.detail[f"{AT_ONCE} jobs at once under gitlab-runner, p95, s"] = {"custom": sides[0], "docker": sides[1]}
    return [Row(f"{AT_ONCE} trivial jobs at once, p95", ratio(*sides), "×", "docker executor", 0.40, 0.30)]


def with_services(stand, runner, rounds):
    """The trivial job with two services that are waited for until they answer."""
    spec = {**TRIVIAL, "services": [served("web"), served("api")]}
    with runner.custom() as custom, runner.docker() as docker:
        figures = alternate(rounds, lambda: custom.run(spec), lambda: docker.run(spec))
    stand.detail["job with two services under gitlab-runner, s"] = {"custom": figures[0], "docker": figures[1]}
    return [Row("trivial job with two services", ratio(*figures), "×", "docker executor", 0.5, 0.35)]


def served(alias):
    return {"name": BUILD, "alias": alias, "command": ["httpd", "-f", "-p", "8080"],
            "variables": [{"key": "HEALTHCHECK_TCP_PORT", "value": "8080"}]}
