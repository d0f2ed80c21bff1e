"""What the story is told with: the program, git, GitLab's API, AWS by another client than ours, and a runner that takes the jobs."""

import json
import os
import shutil
import signal
import subprocess
import time

import boto3

from client import control
from pipeline_engine import GITLAB, HELPER, Api, quoted

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "bench")
REGION, ACCOUNT, OTHER_ACCOUNT = "eu-west-1", "123456789012", "210987654321"
OTHER_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/baws-ci-deploy"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
GROUP = "aws-app"
# Inputs of the template: what can be had without a registry of images.
IMAGES = {"image": "bench/node:1", "base_image": "bench/node:1", "job_image": "bench/busybox:1"}
SETTINGS = """[executor]
state_dir = "{directory}/state"
[executor.docker]
image = "bench/busybox:1"
pull_policy = "if-not-present"
[audit]
table_parameter = "/{table}/Audit"
[gitlab]
templates = "{templates}"

# The lower environment: the host's own identity.
[[grants]]
projects = ["{group}/*-{name}"]
push = ["{registry}/{{name}}", "{registry}/{{name}}-dev-ecs"]
deploy = ["arn:aws:ecs:{region}:{account}:service/dev-{name}/{{name}}"]

# Branches and merge requests show that their image can be built; what they may push is nothing that is deployed.
[[grants]]
projects = ["{group}/*-{name}"]
refs = "unprotected"
push = ["{registry}/{{name}}/unprotected"]

# Production: the default branch alone, as a role in an account of its own.
[[grants]]
projects = ["{group}/*-{name}"]
branches = ["main"]
push = ["{production}.dkr.ecr.{region}.amazonaws.com/{{name}}-production"]
deploy = ["arn:aws:ecs:{region}:{production}:service/prod-{name}/{{name}}"]
"""
RUNNER = """concurrent = 3
check_interval = 1
[[runners]]
  name = "story"
  url = "{url}"
  token = "{token}"
  executor = "custom"
  request_concurrency = 3
  builds_dir = "/builds"
  cache_dir = "/cache"
  safe_directory_checkout = true
  [runners.feature_flags]
    FF_GIT_URLS_WITHOUT_TOKENS = true
    FF_USE_ADAPTIVE_REQUEST_CONCURRENCY = false
  [runners.custom_build_dir]
    enabled = true
  [runners.custom]
{calls}    graceful_kill_timeout = 45
    force_kill_timeout = 15
"""


class Untrue(Exception):
    """Something is not as the story tells it."""


def expect(truth, expected, found=None):
    if not truth:
        raise Untrue(f"expected: {expected}" + (f"\nfound:    {found}" if found is not None else ""))


class World:
    """One telling of the story; `name` is part of all that it makes.

    `production`: the account of production. A job under gitlab-runner gets there by its grant's role. One that the bench's driver runs
    stands as its caller, whom no grant binds and to whom none lends a role: production is in the caller's own account then.
    """

    def __init__(self, program, directory, name, production):
        self.program, self.directory, self.name, self.production = program, directory, name, production
        self.templates = f"platform/templates-{name}"
        self.api = Api()
        self.config = os.path.join(directory, "config.toml")
        with open(self.config, "w") as file:
            file.write(SETTINGS.format(directory=directory, table=name, templates=self.templates, group=GROUP, name=name, registry=REGISTRY,
                                       region=REGION, account=ACCOUNT, production=production))
            if production != ACCOUNT:
                file.write(f'role_arn = "{OTHER_ROLE}"\n')
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("CI_", "GITLAB_", "BAWS_"))},
            "GITLAB_TOKEN": self.api.token, "CI_SERVER_URL": GITLAB, "AWS_REGION": REGION, "NO_COLOR": "1", "HOME": directory}
        os.makedirs(os.path.join(directory, "state"))

    # ---- our program, git ---------------------------------------------------------------------------------------

    def ask(self, *words, code=0, stdin=None, directory=None):
        """`baws-ci WORDS…`, whose exit code has to be `code`; what it printed on stdout and on stderr."""
        done = subprocess.run([self.program, "--config", self.config, *words], env=self.environment, input=stdin, text=True,
                              capture_output=True, cwd=directory or self.directory, timeout=300)
        shown = f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        expect(code is None or done.returncode == code, f"`baws-ci {' '.join(words)}` ends with {code}", shown)
        return done.stdout, done.stderr

    def ask_json(self, *words, **more):
        return json.loads(self.ask(*words, "--json", **more)[0])

    def git(self, directory, *words, token=None, code=0):
        """What git printed on both; the token stands in the environment alone."""
        command = ["git", "-c", "credential.helper=", "-c", f"credential.helper={HELPER}",
                   "-c", "user.name=Ada", "-c", "user.email=ada@bench.test"]
        environment = {**self.environment, "STORY_GIT_TOKEN": token or self.api.token, "GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run([*command, *words], cwd=directory, env=environment, text=True, capture_output=True, timeout=120)
        verdict = "succeeds" if code == 0 else "is refused"
        expect((done.returncode == 0) == (code == 0), f"`git {words[0]}` {verdict}", done.stdout + done.stderr)
        return done.stdout + done.stderr

    # ---- GitLab -------------------------------------------------------------------------------------------------

    def file(self, project, path, ref="main"):
        answer = self.api.call("GET", f"projects/{quoted(project)}/repository/files/{quoted(path)}/raw?ref={ref}")
        expect(answer.status == 200, f"`{path}` is in {project} at {ref}", answer.status)
        return answer.body.decode()

    # ---- AWS ----------------------------------------------------------------------------------------------------

    def aws(self, service, account=ACCOUNT):
        """boto3's client, in the other account by a role there."""
        if account == ACCOUNT:
            return boto3.client(service, REGION)
        keys = boto3.client("sts", REGION).assume_role(RoleArn=OTHER_ROLE, RoleSessionName="story")["Credentials"]
        return boto3.client(service, REGION, aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                            aws_session_token=keys["SessionToken"])

    def bench(self, *words, stdin=None):
        given = None if stdin is None else json.dumps(stdin)
        done = subprocess.run([BENCH, *words], input=given, text=True, capture_output=True, timeout=60)
        expect(done.returncode == 0, f"`bench {' '.join(words)}` succeeds", done.stdout + done.stderr)
        return done.stdout.strip()

    def repository(self, name, account=ACCOUNT):
        return self.bench("ecr-repository", name, "--account", account, "--region", REGION)

    def service(self, cluster, name, image, account=ACCOUNT, **more):
        """A service as the portal's provisioning would have made it; its ARN."""
        made = self.bench("ecs-service", "-", stdin={"cluster": cluster, "service": name, "desired": 2, "image": image, "account": account,
                                                     "region": REGION, "breaker": "rollback", "log_group": f"/ecs/{name}", **more})
        return json.loads(made)["service_arn"]

    def digest(self, name, tag, account=ACCOUNT):
        """What ECR has under the tag."""
        found = self.aws("ecr", account).describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])
        return found["imageDetails"][0]["imageDigest"]

    def running(self, cluster, service, account=ACCOUNT):
        """The digests of the service's tasks, as ECS tells them."""
        ecs = self.aws("ecs", account)
        tasks = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="RUNNING")["taskArns"]
        expect(tasks, f"tasks of {cluster}/{service} run", "none")
        described = ecs.describe_tasks(cluster=cluster, tasks=tasks)["tasks"]
        return [container["imageDigest"] for task in described for container in task["containers"] if task["lastStatus"] == "RUNNING"]

    def make_audit_table(self):
        """As the platform makes it. Source: its `dynamodb-tables-construct.ts`."""
        self.aws("dynamodb").create_table(
            TableName=self.name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "createdAt", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "createdAt")])
        self.aws("ssm").put_parameter(Name=f"/{self.name}/Audit", Value=self.name, Type="String")


class Runner:
    """Takes the story's jobs while the block runs: the gitlab-runner that is named, else the bench's loop. Both run `baws-ci`."""

    def __init__(self, world, real):
        self.world, self.real = world, real
        self.token = f"glrt-{world.name}-0123456789abcdef"
        self.home = os.path.join(world.directory, "runner")
        os.makedirs(self.home)

    def command(self):
        if not self.real:
            return ["/usr/bin/python3", "-B", os.path.join(HERE, "loop.py"), "--baws-ci", self.world.program, "--url", GITLAB,
                    "--token", self.token, "--slots", "3", "--work", self.home, "--", "--config", self.world.config]
        # Under its usual name: by that the executor finds the program for cache and artifacts.
        program = os.path.join(self.home, "gitlab-runner")
        shutil.copy(self.real, program)
        arguments = f'"--config", "{self.world.config}", "executor"'
        calls = "".join(f'    {key}_exec = "{self.world.program}"\n    {key}_args = [{arguments}, "{key}"]\n'
                        for key in ("config", "prepare", "run", "cleanup"))
        configuration = os.path.join(self.home, "config.toml")
        with open(configuration, "w") as file:
            file.write(RUNNER.format(url=GITLAB, token=self.token, calls=calls))
        return [program, "run", "-c", configuration, "-d", self.home]

    def told(self):
        if not self.real:
            return "the bench's own stage driver (GITLAB_RUNNER names no gitlab-runner), which runs `baws-ci local --payload`"
        said = subprocess.run([self.real, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
        version = next(line.split()[-1] for line in said.splitlines() if line.startswith("Version:"))
        return f"gitlab-runner {version}, executor `custom`: baws-ci"

    def __enter__(self):
        control("POST", "runners", {"token": self.token})
        kept = {key: value for key, value in os.environ.items() if key.startswith(("AWS_", "SSL_", "DOCKER_", "GIT_SSL", "CURL_"))}
        environment = {**kept, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": self.home, "TMPDIR": self.home}
        self.log = open(os.path.join(self.home, "log"), "w")
        self.process = subprocess.Popen(self.command(), env=environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGQUIT if self.real else signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Book:
    """Prints the story: chapters with numbers, facts below them."""

    def __init__(self):
        self.began = self.chapter_began = time.monotonic()
        self.number = 0

    def chapter(self, title):
        self.close()
        self.number, self.chapter_began = self.number + 1, time.monotonic()
        print(f"\n{self.number}. {title}", flush=True)

    def close(self):
        if self.number:
            print(f"   ({time.monotonic() - self.chapter_began:.1f} s)", flush=True)

    @staticmethod
    def fact(name, value):
        print(f"   {name:<14} {value}", flush=True)

    def job(self, run):
        """A job that has ended; the log of one that was not to fail is part of the untruth."""
        reason = f" ({run.job['failure_reason']}, exit code {run.job['exit_code']})" if run.job.get("failure_reason") else ""
        self.fact("  job", f"{run.planned.name:<16} {run.state}{reason}, {run.secs:.1f} s")

    def end(self):
        self.close()
        print(f"\nthe story is told ({time.monotonic() - self.began:.0f} s)", flush=True)
