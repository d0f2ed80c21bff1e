"""The Docker engine over its socket: what it holds, networks to crowd it with, and the journal of calls made to it."""

import http.client
import json
import os
import socket
import time
import urllib.parse

from process import Failed


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def engine(method, path, body=None):
    """One call; the JSON of the answer, None where there is no such thing."""
    connection = Connection(os.environ["DOCKER_HOST"].removeprefix("unix://"))
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status == 404:
        return None
    if answer.status >= 400:
        raise Failed(f"the engine answers {method} {path} with {answer.status}: {text.decode(errors='replace').strip()}")
    return json.loads(text) if text else {}


def held(label):
    """Names of all containers, networks and volumes with the label."""
    filters = urllib.parse.quote(json.dumps({"label": [label]}))
    containers = engine("GET", f"/containers/json?all=1&filters={filters}")
    networks = engine("GET", f"/networks?filters={filters}")
    volumes = engine("GET", f"/volumes?filters={filters}")["Volumes"] or []
    return {"containers": [one["Names"][0].lstrip("/") for one in containers], "networks": [one["Name"] for one in networks],
            "volumes": [one["Name"] for one in volumes]}


class Crowd:
    """So many networks and stopped containers on the engine while the block runs."""

    def __init__(self, networks, containers):
        self.paths = [f"/networks/crowd-{number}" for number in range(networks)] + [f"/containers/crowd-{number}" for number in range(containers)]

    def __enter__(self):
        for path in self.paths:
            kind, name = path.strip("/").split("/")
            if kind == "networks":
                engine("POST", "/networks/create", {"Name": name, "CheckDuplicate": True})
            else:
                engine("POST", f"/containers/create?name={name}", {"Image": "bench/busybox:1", "Cmd": ["true"]})

    def __exit__(self, *_):
        for path in self.paths:
            engine("DELETE", path)


class Calls:
    """The calls that come through the journal while the block runs: `all`, and `starts` of containers."""

    def __init__(self):
        self.path = os.path.join(os.environ["BENCH_STATE"], "journal", "docker.jsonl")

    def size(self):
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def __enter__(self):
        self.begin = self.size()
        return self

    def __exit__(self, kind, *_):
        if kind:
            return
        # A line is written after the answer; a process that nobody waits for may still ask something.
        end = self.begin
        while self.size() != end:
            end = self.size()
            time.sleep(0.5)
        with open(self.path) as file:
            file.seek(self.begin)
            entries = [json.loads(line) for line in file]
        self.all = [f"{entry['method']} {entry['path']} {entry['status']}" for entry in entries]
        self.starts = [entry for entry in entries if entry["method"] == "POST" and entry["status"] == 204
                       and urllib.parse.urlsplit(entry["path"]).path.endswith("/start")]
