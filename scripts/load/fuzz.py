"""Nonsense for the executor's stages: job responses, settings and variables, with no engine to be reached.

Whatever it is fed, a stage ends with one of the runner's codes, soon, and never with a panic.
"""

import copy
import json
import os
import shutil
import subprocess

from process import PATH, Running

CODES = (0, 1, 2)
LONGEST_SECS = 60
DEAD_ENGINE = "unix:///nonexistent/docker.sock"
STRINGS = [
    "", " ", "\0", "\n", "\r\n", "'", '"', "`", "\\", "$", "$$", "${", "${A", "$A", "%A%", "../..", "/", "//", ".", "..", "-", "--", ":", "@", "*", "**",
    "é", "\u202e", "😀", "\ud800", "\ufeff", "a" * 255, "a" * 65536, "A:B:C", "registry:5000/a/b:c@sha256:" + "0" * 64, "a/b/c:", "@sha256:", "x" * 129,
    "1000:1000", "root", "linux/amd64", "linux/arm64/v8", "always", "if-not-present", "never", "0", "-1", "1e9", "9" * 40, "1g", "1.5", "NaN",
    "host", "none", "container:x", "true", "null", "[]", "{}", "fetch", "clone", "none", "/builds", "a b,c\td", "127.0.0.1", "x:y", "=", "A=B"]
NUMBERS = [0, 1, -1, 2, 255, 256, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -2**63, -2**63 - 1, 0.5, -0.0, 1e308, 1e-308]
HOSTS = ["", "unix://", "unix:///nonexistent", "unix://relative", "tcp://127.0.0.1:1", "tcp://", "tcp://[::1]:1", "http://127.0.0.1:1", "npipe:////./pipe", "x"]
VERSIONS = ["", "19.3.0", "17", "17.8", "17.9", "v17.9.0", "..", "99999999999999999999.1", "-1.5", "development", "18.0.0~pre.1"]
STAGES = ["config", "prepare", "run"]
# `cleanup` gives an engine that is away half a minute to come back.
CLEANED_UP = 0.02


class Fuzz:
    """Cases by lot. `keep`: where the input of a case that found something goes."""

    def __init__(self, program, base, directory, keep):
        self.program, self.base, self.directory, self.keep = program, rich(base), directory, keep
        explained = subprocess.run([program, "settings", "explain"], env={"PATH": PATH}, capture_output=True, text=True, check=True).stdout
        paragraphs = [paragraph.split("\n") for paragraph in explained.split("\n\n")]
        # Each key with its type. These two are left out: nonsense in them would leave directories all over the host, or
        # call other hosts.
        self.keys = {lines[0].strip(): lines[1].split("·")[0].strip() for lines in paragraphs}
        del self.keys["executor.state_dir"], self.keys["docker.host"]

    def case(self, lot, name):
        """Feeds one case to the stages; sentences on what should not have been."""
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.write("response.json", response(lot, self.base))
        self.write("config.toml", self.settings(lot))
        self.write("script", lot.choice([b"", b"exit 3\n", lot.randbytes(200)]))
        found = []
        for stage in STAGES + ["cleanup"] * (lot.random() < CLEANED_UP):
            wrong = self.feed(stage, self.environment(lot), lot)
            if wrong:
                found.append(f"fuzz case {name}: {wrong}")
        if found:
            shutil.copytree(self.directory, os.path.join(self.keep, name), ignore=shutil.ignore_patterns("state"), dirs_exist_ok=True)
            found.append(f"fuzz case {name}: its input is kept in {os.path.join(self.keep, name)}")
        return found

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def feed(self, stage, environment, lot):
        words = [stage] if stage != "run" else [stage, self.path("script"), lot.choice(["get_sources", "build_script", "step_a b/c", "", "\n"])]
        argv = [self.program, "--config", self.path("config.toml"), "executor", *words]
        running = Running(stage, argv, environment, self.directory)
        ended = running.end(LONGEST_SECS)
        if ended is None:
            return f"`{stage}` does not end: {running.kill().text()[-500:]}"
        text = ended.text()
        if ended.code not in CODES:
            return f"`{stage}` ends with {ended.code}: {text[-1000:]}"
        if "panicked" in text or "internal error" in text:
            return f"`{stage}` panics: {text[-1000:]}"
        return None

    def settings(self, lot):
        """What is dangerous stands in the first lines, which stay as they are; a second time it is an error."""
        first = f'executor.state_dir = "{self.path("state")}"\ndocker.host = {json.dumps(lot.choice([DEAD_ENGINE] * 3 + HOSTS))}\n'
        wild = lot.random() < 0.2
        keys = lot.sample(sorted(self.keys), lot.choice([0, 0, 1, 2, 5]))
        rest = "".join(f"{key} = {toml(lot) if wild else toml_of(lot, self.keys[key])}\n" for key in keys).encode()
        return first.encode() + (garbled(lot, rest) if wild and lot.random() < 0.3 else rest)

    def environment(self, lot):
        variables = {"CI_JOB_ID": lot.choice(["7", *STRINGS]), "CI_RUNNER_SHORT_TOKEN": lot.choice(STRINGS), "CI_RUNNER_VERSION": lot.choice(VERSIONS),
                     "CI_CONCURRENT_PROJECT_ID": lot.choice(["0", "4294967296", *STRINGS]), "GIT_STRATEGY": lot.choice(STRINGS),
                     "RUNNER_TEMP_PROJECT_DIR": lot.choice(["/builds/a.tmp", *STRINGS]), "CI_JOB_SERVICES": lot.choice(["", "[]", *STRINGS]),
                     "DOCKER_HOST": "tcp://198.51.100.200:1", lot.choice(STRINGS).replace("=", ""): lot.choice(STRINGS)}
        raw = {f"CUSTOM_ENV_{key}".encode(errors="replace"): value.encode(errors="replace") for key, value in variables.items()}
        raw[b"CUSTOM_ENV_BYTES"] = lot.randbytes(20)
        # An environment cannot hold NUL, nor a variable of more than 128 KiB.
        raw = {key.replace(b"\0", b"")[:1000] or b"X": value.replace(b"\0", b"") for key, value in raw.items() if lot.random() < 0.9}
        fixed = {"PATH": PATH, "HOME": "/nonexistent", "TMPDIR": self.directory, "DOCKER_HOST": DEAD_ENGINE, "BUILD_FAILURE_EXIT_CODE": "1",
                 "SYSTEM_FAILURE_EXIT_CODE": "2", "JOB_RESPONSE_FILE": self.path("response.json"), "BUILD_EXIT_CODE_FILE": self.path("code")}
        if lot.random() < 0.8:
            fixed["BAWS_CI_DRIVEN_BY_LOCAL"] = "1"  # cache and artifacts need no gitlab-runner above us
        if lot.random() < 0.1:
            fixed[lot.choice(["JOB_RESPONSE_FILE", "BUILD_EXIT_CODE_FILE"])] = lot.choice(["", "/nonexistent/x", self.directory])
        return {**{key.encode(): value.encode() for key, value in fixed.items()}, **raw}


def rich(base):
    """A job that has something of everything."""
    variables = [{"key": "SECRET", "value": "s3cret", "masked": True}, {"key": "FILE", "value": "text", "public": True, "file": True},
                 {"key": "REFERS", "value": "$SECRET-${FILE}", "public": True, "raw": False}]
    options = {"docker": {"user": "1000:$GROUP", "platform": "linux/amd64"}}
    return {
        **base, "variables": base["variables"] + variables,
        "image": {"name": "registry.example:5000/group/image:tag", "entrypoint": ["/entry", "point"], "executor_opts": options},
        "services": [{"name": "postgres:16", "alias": "db,database", "command": ["a"], "entrypoint": [""], "variables": variables},
                     {"name": "redis@sha256:" + "0" * 64, "pull_policy": ["always"]}],
        "cache": [{"key": "k", "paths": ["a/"], "fallback_keys": ["b"]}], "artifacts": [{"name": "n", "paths": ["b/**"], "expire_in": "1 week"}],
        "dependencies": [{"id": 6, "name": "earlier", "artifacts_file": {"filename": "artifacts.zip"}}],
        "hooks": [{"name": "pre_get_sources_script", "script": ["true"]}]}


def response(lot, base):
    """A job response: changed in a few places, or in its bytes, or no JSON at all."""
    value, wild = copy.deepcopy(base), lot.random() < 0.25
    for _ in range(lot.choice([1, 1, 2, 5, 10])):
        value = changed(lot, value, wild)
    data = json.dumps(value).encode()
    if wild and lot.random() < 0.3:
        return garbled(lot, data)
    if wild and lot.random() < 0.1:
        return lot.choice([b"", b"null", b"[]", b"{}", b"[" * 100_000, b'{"image":' * 50_000, b"\xff\xfe", lot.randbytes(100), b'{"id":1e400}'])
    return data


def changed(lot, value, wild):
    """The same value with one place of it changed; of the same type, unless it is to be wild."""
    if isinstance(value, dict) and value and not (wild and lot.random() < 0.15):
        key = lot.choice(list(value))
        act = lot.random()
        if act < 0.05:
            del value[key]
        elif act < 0.1:
            value[lot.choice(STRINGS)] = nonsense(lot)
        elif act < 0.15:
            value[key] = None if key != "id" else value[key]
        else:
            value[key] = changed(lot, value[key], wild)
        return value
    if isinstance(value, list) and value and not (wild and lot.random() < 0.2):
        place = lot.randrange(len(value))
        act = lot.random()
        if act < 0.1:
            del value[place]
        elif act < 0.2:
            value.extend([copy.deepcopy(value[place])] * lot.choice([1, 2, 300]))
        else:
            value[place] = changed(lot, value[place], wild)
        return value
    if isinstance(value, str) and not (wild and lot.random() < 0.5):
        place = lot.randrange(len(value) + 1)
        return value[:place] + lot.choice(STRINGS) + value[place + lot.choice([0, 1, len(value)]):]
    if isinstance(value, bool) and not wild:
        return not value
    if isinstance(value, int) and not wild:
        return lot.choice([number for number in NUMBERS if isinstance(number, int) and 0 <= number < 2**63])
    return nonsense(lot)


def nonsense(lot, depth=0):
    kind = lot.randrange(8 if depth < 3 else 6)
    if kind < 3:
        return lot.choice(STRINGS)
    if kind < 5:
        return lot.choice(NUMBERS)
    if kind == 5:
        return lot.choice([None, True, False])
    inner = [nonsense(lot, depth + 1) for _ in range(lot.randrange(4))]
    return inner if kind == 6 else {lot.choice(STRINGS): one for one in inner}


def toml_of(lot, kind):
    """A value of the type that `settings explain` names."""
    def text():
        return json.dumps(lot.choice(STRINGS).replace("\ud800", "?"))
    if kind == "integer":
        return str(lot.choice([number for number in NUMBERS if isinstance(number, int) and -2**63 <= number < 2**63]))
    if kind == "boolean":
        return lot.choice(["true", "false"])
    if kind.startswith("list"):
        return f"[{text()}, {text()}]"
    words = kind.split('"')[1::2]  # of one that lists its values
    return json.dumps(lot.choice(words)) if words else text()


def toml(lot):
    """A value of any type."""
    return lot.choice([
        lambda: toml_of(lot, lot.choice(["integer", "boolean", "list", "string"])), lambda: str(lot.choice(NUMBERS)), lambda: "[]",
        lambda: "{ a = 1 }", lambda: "2020-01-01", lambda: "inf"])()


def garbled(lot, data):
    """A few bytes changed, doubled, lost or cut off."""
    data = bytearray(data)
    for _ in range(lot.choice([1, 2, 10])):
        if not data:
            break
        place = lot.randrange(len(data))
        act = lot.randrange(4)
        if act == 0:
            data[place] = lot.randrange(256)
        elif act == 1:
            data[place:place] = lot.randbytes(3)
        elif act == 2:
            del data[place:place + lot.randrange(1, 20)]
        else:
            del data[place:]
    return bytes(data)
