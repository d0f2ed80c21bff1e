"""A flood of output from the script to the reader of the job log, against `docker exec`."""

import os
import subprocess
import time

from process import PATH, Failed
from rounds import alternate, highest, ratio
from stage import MEMORY_BAR, MEMORY_REACH, Prepared, peak_memory
from table import Row
from trivial import DOCKER

BYTES = 256 << 20
IMAGE = "bench/bash:1"
# One megabyte of lines of 120 bytes, read again and again out of the cache: making it costs next to nothing.
FLOOD = f"""yes {"x" * 119} | head -c 1048576 >/tmp/flood || :
cat $(yes /tmp/flood | head -n {BYTES >> 20})
"""


class Drain:
    """Reads a pipe to its end, as fast as it fills; checks that all of the flood came."""

    def __init__(self):
        self.buffer = bytearray(1 << 20)

    def __call__(self, pipe):
        count = total = os.readv(pipe.fileno(), [self.buffer])
        while count:
            count = os.readv(pipe.fileno(), [self.buffer])
            total += count
        if total != BYTES:
            raise Failed(f"{total} bytes of output came, not {BYTES}")


class Flood:
    """Runs a command that prints the flood: seconds until its pipe has ended."""

    def __init__(self, argv, environment):
        self.argv, self.environment, self.drain = argv, environment, Drain()

    def __call__(self):
        begun = time.monotonic()
        process = subprocess.Popen(self.argv, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0)
        self.drain(process.stdout)
        if process.wait():
            raise Failed(f"`{' '.join(self.argv)}` ended with {process.returncode}")
        return time.monotonic() - begun


def flood(stand, rounds):
    with Prepared(stand, image=IMAGE) as attempt:
        stage = attempt.script_argv("build_script", FLOOD)
        container = subprocess.run([DOCKER, "ps", "-qf", f"label=com.gitlab.gitlab-runner.job.id={attempt.payload['id']}",
                                    "-f", "label=baws-ci.role=build"], env={**attempt.environment, "PATH": PATH}, check=True,
                                   capture_output=True, text=True).stdout.strip()
        theirs = [DOCKER, "exec", container, "bash", "-c", FLOOD]
        figures = alternate(rounds, Flood(stage, attempt.environment), Flood(theirs, attempt.environment))
        memory = [peak_memory(stage, attempt, Drain()) for _ in range(2)]
    stand.detail["256 MB of output, s"] = {"executor run": figures[0], "docker exec": figures[1]}
    return [Row("256 MB of output", ratio(figures[1], figures[0]), "× as fast", "`docker exec` into a pipe", 2.5, 3.5, most=False),
            Row("peak memory of that stage", highest(memory), "MB", bar=MEMORY_BAR, reach=MEMORY_REACH)]
