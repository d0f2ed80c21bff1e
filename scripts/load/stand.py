"""What all measurements share: the program, its settings, a directory for their files, and jobs to work with."""

import itertools
import os

from attempt import Attempt, taken_job

SETTINGS = """{docker}[executor]
state_dir = "{state}"
[executor.docker]
image = "bench/busybox:1"
pull_policy = "if-not-present"
"""


class Stand:
    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        self.detail = {}
        self.numbers = itertools.count(1)
        self.config = self.settings("config.toml")
        # The same executor, with its calls to the engine in the journal.
        self.logged_config = self.settings("logged.toml", f'[docker]\nhost = "{os.environ["BENCH_DOCKER_LOGGED"]}"\n')

    def settings(self, name, docker="", more=""):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(SETTINGS.format(docker=docker, state=os.path.join(self.directory, "state")) + more)
        return path

    def payload(self, **spec):
        """A job that clones anew; its token is good for git until the bench ends."""
        return taken_job({"script": ["cat hello.txt"], "image": "bench/busybox:1", "variables": {"GIT_STRATEGY": "clone"}, **spec})

    def attempt(self, config, payload):
        """Another job of the same payload."""
        return Attempt(self.program, config, {**payload, "id": 1_000_000 + next(self.numbers)}, self.directory)
