"""Images built and pushed by a job, against the Docker client on the host: what a developer waits for, in both cases.

Both sides have the same files and Dockerfile, a repository of their own at the bench's ECR, a login, and a warm engine.
The time is that of the command, by the clock of the shell that runs it: for ours in the job, one stage a round.
"""

import json
import os
import random
import re
import shutil

from process import PATH, Failed, Running, call
from rounds import alternate, median, ratio
from table import Row
from trivial import DOCKER

FILES, FILE_BYTES, FILES_A_DIRECTORY = 3000, 20_000, 50
DOCKERFILE = "FROM bench/busybox:1\nCOPY . /app\n"
IMAGE = "bench/bash:1"  # its shell has a clock
HOST = os.environ.get("BENCH_ECR_HOST", "")
OURS, PEER = f"{HOST}/speed/ours", f"{HOST}/speed/peer"
# Where the job has the files; of the original a clone is made that is new in every round.
ORIGINAL, CONTEXT = "/builds/original", "/builds/context"
PUSHED, BUILT = f"baws-ci build --push -t {OURS}:x .", f"baws-ci build -t {OURS}:x ."
REBUILT = f"baws-ci build --no-skip --push -t {OURS}:x ."
WHAT, AGAINST = "build and push of 60 MB in 3,000 files", "`docker build && docker push`"
GRANTS = f"""
[[grants]]
projects = ["root/*"]
push = ["{HOST}/speed/**", "{HOST.replace('eu-west-1', 'us-east-1')}/speed/**"]
bases = ["{HOST}/speed/**"]
"""
# The keys and region of the bench's user; the executor has the role of its host instead.
PREPARE_AWS = """
import boto3, sys
for name in sys.argv[1:]:
    region, name = name.split("/", 1)
    boto3.client("ecr", region_name=region).create_repository(repositoryName=name)
print(boto3.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"])
"""
# What is done before the clock runs, in the context's directory.
NOTHING = ":"
CHANGED = "printf '%0{bytes}d' ${{EPOCHREALTIME/[.,]/}} >dir07/file03".format(bytes=FILE_BYTES)
CLONED = 'cd .. && rm -rf context && cp -r original context && cd context'


class Job:
    """A job that builds: prepared once, one stage a command. A context manager."""

    def __init__(self, stand):
        self.config = stand.settings("build.toml", more=GRANTS)
        self.attempt = stand.attempt(self.config, stand.payload(image=IMAGE, protected=True))
        self.said = b""

    def __enter__(self):
        for ended in (self.attempt.start("prepare").end(), self.attempt.start_run("prepare_script", "true\n").end()):
            ended.succeeded()
        self.script("mkdir -p /builds/root\n")
        return self

    def __exit__(self, kind, *_):
        ended = self.attempt.start("cleanup").end()
        self.attempt.forget()
        if not kind:
            ended.succeeded()

    def script(self, text):
        ended = self.attempt.start_run("build_script", text).end().succeeded()
        self.said = ended.out + ended.err
        return self.said

    def container(self):
        words = ["ps", "-qf", f"label=com.gitlab.gitlab-runner.job.id={self.attempt.payload['id']}", "-f", "label=baws-ci.role=build"]
        return docker(*words, environment=self.attempt.environment).out.decode().strip()

    def has(self, directory, place):
        """Copies a directory of the host's into the job."""
        docker("cp", directory, f"{self.container()}:{place}", environment=self.attempt.environment)

    def timed(self, before, *commands):
        """A side: seconds of the commands in the context, in this job."""
        def side():
            return seconds(self.script(f"cd {CONTEXT}\n{clocked(before, commands)}"))
        return side


class Client:
    """A Docker client on the host, logged in; a directory of its own with the files."""

    def __init__(self, directory, original, token, builder="1", program=DOCKER):
        self.directory, self.program = directory, program
        for copy in ("original", "context"):
            shutil.copytree(original, os.path.join(directory, copy))
        home = os.path.join(directory, "home")
        os.makedirs(os.path.join(home, ".docker"))
        with open(os.path.join(home, ".docker", "config.json"), "w") as file:
            json.dump({"auths": {HOST: {"auth": token}}}, file)
        self.environment = {"PATH": PATH, "HOME": home, "DOCKER_HOST": os.environ["DOCKER_HOST"], "DOCKER_BUILDKIT": builder}
        if program != DOCKER:
            plugins = os.path.join(program.removesuffix("/bin/docker"), "libexec/docker/cli-plugins")
            os.symlink(plugins, os.path.join(home, ".docker", "cli-plugins"))

    def commands(self, tag):
        """Build, and push."""
        return f"{self.program} build -q -t {PEER}:{tag} .", f"{self.program} push -q {PEER}:{tag}"

    def emptied(self, side):
        """That side on an engine that has built nothing yet; the base is there, as no registry has it."""
        def after():
            docker("builder", "prune", "-af", environment=self.environment)
            docker("image", "prune", "-f", environment=self.environment)
            return side()
        return after

    def timed(self, before, *commands):
        def side():
            argv = ["/bin/bash", "-ec", clocked(before, commands)]
            return seconds(Running("docker", argv, self.environment, os.path.join(self.directory, "context")).end().succeeded().out)
        return side


def docker(*words, environment):
    return call(f"docker {words[0]}", [DOCKER, *words], {**environment, "PATH": PATH})


def clocked(before, commands):
    return f"{before}\nbegun=$EPOCHREALTIME\n" + "\n".join(commands) + '\necho "took $begun $EPOCHREALTIME"\n'


def seconds(said):
    took = re.search(rb"took (\d+)[.,](\d+) (\d+)[.,](\d+)", said)
    if not took:
        raise Failed(f"the script told no time: {said.decode(errors='replace')[-2000:]}")
    begun, ended = (int(took[index] + took[index + 1]) for index in (1, 3))
    return (ended - begun) / 1e6


def make_context(directory):
    """60 MB of text that compresses as sources do, roughly by half."""
    lot = random.Random("baws-ci")
    for number in range(FILES):
        place = os.path.join(directory, f"dir{number // FILES_A_DIRECTORY:02}")
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, f"file{number % FILES_A_DIRECTORY:02}"), "w") as file:
            file.write(lot.randbytes(FILE_BYTES // 2).hex())
    with open(os.path.join(directory, "Dockerfile"), "w") as file:
        file.write(DOCKERFILE)


def prepare_aws(*repositories):
    """Makes repositories, given as `region/name`; a login for the Docker client's configuration."""
    argv = [os.environ["BENCH_AWS_PYTHON"], "-c", PREPARE_AWS, *repositories]
    return call("boto3", argv, dict(os.environ)).out.decode().strip()


def measured(stand, rounds):
    place = os.path.join(stand.directory, "build")
    original = os.path.join(place, "original")
    make_context(original)
    token = prepare_aws("eu-west-1/speed/ours", "eu-west-1/speed/peer")
    buildkit = Client(os.path.join(place, "buildkit"), original, token)
    classic = Client(os.path.join(place, "classic"), original, token, builder="0")
    with Job(stand) as job:
        for copy in (ORIGINAL, CONTEXT):
            job.has(original, copy)
        return compared(stand, rounds, job, buildkit, classic) + against_buildx(stand, rounds, job, place, token)


def compared(stand, rounds, job, buildkit, classic):
    same = alternate(rounds, job.timed(NOTHING, PUSHED), buildkit.timed(NOTHING, *buildkit.commands("x")),
                     classic.timed(NOTHING, *classic.commands("classic")))
    said = job.said.decode(errors="replace")
    rebuilt = alternate(rounds, job.timed(NOTHING, REBUILT), buildkit.timed(NOTHING, *buildkit.commands("x")))
    cold = alternate(rounds, buildkit.emptied(job.timed(NOTHING, PUSHED)), buildkit.emptied(buildkit.timed(NOTHING, *buildkit.commands("x"))))
    cloned = alternate(rounds, job.timed(CLONED, BUILT), buildkit.timed(CLONED, buildkit.commands("x")[0]))
    changed = alternate(rounds, job.timed(CHANGED, PUSHED), buildkit.timed(CHANGED, *buildkit.commands("x")))
    sides = ("baws-ci in a job", "docker, BuildKit", "docker, classic")
    stand.detail["build and push of 60 MB in 3,000 files, s"] = {
        "nothing changed": dict(zip(sides, same)), "nothing changed, --no-skip": dict(zip(sides, rebuilt)),
        "nothing changed, host without cache": dict(zip(sides, cold)), "fresh clone, build only": dict(zip(sides, cloned)),
        "one file changed": dict(zip(sides, changed))}
    stand.detail["what a build says when nothing has changed"] = said.splitlines()
    return [Row(f"{WHAT}, nothing changed", ratio(same[0], same[1]), "×", f"{AGAINST}, BuildKit", bar=0.8),
            Row("the same", ratio(same[0], same[2]), "×", f"{AGAINST}, classic builder", bar=1),
            Row("the same", median(same[0]), "s"),
            Row("the same with --no-skip", ratio(*rebuilt), "×", f"{AGAINST}, BuildKit"),
            Row("the same, host without cache", ratio(*cold), "×", f"{AGAINST}, BuildKit, emptied", bar=0.05),
            Row("the same, one file changed", ratio(*changed), "×", f"{AGAINST}, BuildKit", bar=1.0),
            Row("the same in a fresh clone, build only", ratio(*cloned), "×", "`docker build`, BuildKit")]


def against_buildx(stand, rounds, job, place, token):
    """The newer client, which builds by way of buildx; only where the bench has it, beside the newer engine."""
    program = os.path.join(os.environ["BENCH_CACHE"], "engine-26/usr/bin/docker")
    if os.environ["BENCH_ENGINE"] != "26" or not os.path.exists(program):
        return []
    buildx = Client(os.path.join(place, "buildx"), os.path.join(place, "original"), token, program=program)
    same = alternate(rounds, job.timed(NOTHING, PUSHED), buildx.timed(NOTHING, *buildx.commands("buildx")))
    stand.detail["the same against buildx, s"] = dict(zip(("baws-ci in a job", "docker with buildx"), same))
    return [Row(f"{WHAT}, nothing changed", ratio(*same), "×", f"{AGAINST}, buildx")]
