"""Fault rules, the pace of a stream, and the journal of requests."""

import json
import os
import re
import sys
import threading
import time


class Reset(Exception):
    """The connection is to end with a TCP reset."""


class Rules:
    """The fault rules of one face: a JSON list in a file, read again when the file changes (and counts restart, but for
    rules of a `set` that are there as before)."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.stamp = None
        self.rules = []
        self.matches = []

    def due(self, operation):
        """The first rule that matches `METHOD path` and is due, or None. Counts the match."""
        with self.lock:
            self._reload()
            for number, rule in enumerate(self.rules):
                if not rule["pattern"].search(operation):
                    continue
                self.matches[number] += 1
                fired = self.matches[number] - rule.get("skip", 0)
                if fired >= 1 and fired <= rule.get("times", fired):
                    return rule
        return None

    def _reload(self):
        try:
            status = os.stat(self.path)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        except FileNotFoundError:
            stamp = None
        if stamp == self.stamp:
            return
        counts = {rule["text"]: count for rule, count in zip(self.rules, self.matches) if "set" in rule}
        self.stamp, self.rules = stamp, []
        try:
            if stamp:
                with open(self.path) as file:
                    rules = json.load(file)
                self.rules = [dict(rule, text=json.dumps(rule, sort_keys=True), pattern=re.compile(rule.get("match", ""))) for rule in rules]
        except (ValueError, TypeError, AttributeError, re.error) as error:
            print(f"ignored the fault rules in {self.path}: {error}", file=sys.stderr, flush=True)
        self.matches = [counts.get(rule["text"], 0) for rule in self.rules]


class Journal:
    """One JSON line a request. Appended, so that truncating the file empties it."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, entry):
        os.write(self.descriptor, (json.dumps(entry) + "\n").encode())


class Pace:
    """Slows a stream down to `bps` bytes a second and resets it after `cut` bytes."""

    def __init__(self, bps, cut):
        self.bps = bps
        self.left = cut

    def allowance(self, wanted):
        """How much of `wanted` bytes may pass next. Waits its time. Raises `Reset` when nothing is left."""
        if self.left is not None:
            if self.left <= 0:
                raise Reset
            wanted = min(wanted, self.left)
        if self.bps:
            wanted = max(1, min(wanted, self.bps // 20))
            time.sleep(wanted / self.bps)
        return wanted

    def passed(self, count):
        if self.left is not None:
            self.left -= count
            if self.left <= 0:
                raise Reset
