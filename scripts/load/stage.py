"""What one stage costs above the script itself: milliseconds, and memory of the host's process."""

import os
import subprocess
import time

from process import Failed
from rounds import alternate, difference, highest, median
from table import Row

SCRIPT = "#!/usr/bin/env bash\n/bin/true\n"
TIME = "/usr/bin/time"
MEMORY_BAR, MEMORY_REACH = 12, 8


class Prepared:
    """A job whose containers run."""

    def __init__(self, stand, **spec):
        self.attempt = stand.attempt(stand.config, stand.payload(**spec))

    def __enter__(self):
        self.attempt.start("prepare").end().succeeded()
        self.attempt.start_run("prepare_script", "true\n").end().succeeded()
        self.attempt.start_run("build_script", "true\n").end().succeeded()
        return self.attempt

    def __exit__(self, kind, *_):
        ended = self.attempt.start("cleanup").end()
        self.attempt.forget()
        if not kind:
            ended.succeeded()


class Spawn:
    """Starts a program by vfork and waits for it: milliseconds. Nothing of Python's size is copied on the way."""

    def __init__(self, argv, environment):
        self.argv, self.environment = argv, environment
        self.reader, self.writer = os.pipe()  # as the runner gives; it stays empty
        self.processor = []  # milliseconds of processor time, which a busy machine does not stretch

    def __call__(self):
        streams = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, self.writer, 1),
                   (os.POSIX_SPAWN_DUP2, self.writer, 2)]
        begun = time.perf_counter_ns()
        child = os.posix_spawn(self.argv[0], self.argv, self.environment, file_actions=streams, setpgroup=0)
        _, status, usage = os.wait4(child, 0)
        took = time.perf_counter_ns() - begun
        self.processor.append((usage.ru_utime + usage.ru_stime) * 1000)
        if status:
            raise Failed(f"`{' '.join(self.argv)}` ended with wait status {status}")
        return took / 1e6


def peak_memory(argv, attempt, reader=None):
    """Highest resident memory of the program, in MB (10^6 bytes).

    By way of time(1), which is small: a child of Python's would be charged with Python's own memory from before its exec.
    """
    report = os.path.join(attempt.directory, "peak")
    process = subprocess.Popen([TIME, "-f", "%M", "-o", report, *argv], env=attempt.environment, cwd=attempt.directory,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    (reader or (lambda pipe: pipe.read()))(process.stdout)
    if process.wait():
        raise Failed(f"`{' '.join(argv)}` ended with {process.returncode}")
    with open(report) as file:
        return int(file.read().split()[-1]) * 1024 / 1e6


def cost(stand, spawns):
    with Prepared(stand) as attempt:
        argvs = [attempt.script_argv("build_script", SCRIPT), ["/bin/true"], attempt.script_argv("prepare_script", SCRIPT)]
        build, bare, _ = sides = [Spawn(argv, attempt.environment) for argv in argvs]
        figures = alternate(spawns, *sides)
        memory = [peak_memory(build.argv, attempt) for _ in range(3)]
    stand.detail["one stage, ms"] = {name: round(median(list_of_one).value, 2)
                                     for name, list_of_one in zip(("build container, sh", "/bin/true", "helper, bash"), figures)}
    return [Row("one stage with `/bin/true` as its script", difference(figures[0], figures[1]), "ms more", "starting `/bin/true`", 10, 5),
            Row("the same in the helper", difference(figures[2], figures[1]), "ms more", "starting `/bin/true`", 10, 5),
            Row("processor time of the host's process for it", difference(build.processor, bare.processor), "ms more", "starting `/bin/true`"),
            Row("peak memory of a stage", highest(memory), "MB", bar=MEMORY_BAR, reach=MEMORY_REACH)]
