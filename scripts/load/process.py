"""Processes as gitlab-runner starts them: a group of their own, nothing on stdin, and an end only when both pipes end."""

import os
import signal
import subprocess
import time

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(Exception):
    """Something that had to succeed did not; the text says what."""


class Ended:
    """How a process ended: `code` is negative for the signal that killed it."""

    def __init__(self, name, code, out, err, seconds):
        self.name, self.code, self.out, self.err, self.seconds = name, code, out, err, seconds

    def text(self):
        return (self.out + self.err).decode(errors="replace")

    def succeeded(self):
        if self.code:
            raise Failed(f"`{self.name}` ended with {self.code}: {self.text()[-2000:].strip()}")
        return self


class Running:
    """A process that was started just now."""

    def __init__(self, name, argv, environment, directory=None, stdin=b""):
        self.name = name
        self.stdin = stdin or None
        self.begun = time.monotonic()
        self.process = subprocess.Popen(argv, env=environment, cwd=directory, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0)

    def signal(self, number):
        """To the whole group, as gitlab-runner does."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass  # it has ended

    def end(self, timeout=None):
        """Waits for the end of both pipes and of the process; None when that takes longer than `timeout` seconds."""
        try:
            out, err = self.process.communicate(self.stdin, timeout)
        except subprocess.TimeoutExpired:
            return None
        return Ended(self.name, self.process.returncode, out, err, time.monotonic() - self.begun)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.end()


def call(name, argv, environment, directory=None, stdin=b""):
    """Runs a process to success."""
    return Running(name, argv, environment, directory, stdin).end().succeeded()
