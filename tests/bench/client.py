"""A small HTTP client for the bench's own programs: one kept connection, answers as `Answer`."""

import http.client
import json
import os
import ssl
import urllib.parse

URL = os.environ.get("BENCH_GITLAB_URL", "http://gitlab.bench.test")


class Answer:
    """Status, headers and the whole body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Client:
    """Talks to one server; a connection that was closed meanwhile is opened again. One thread at a time."""

    def __init__(self, url=URL, timeout=60):
        self.url = urllib.parse.urlsplit(url)
        self.timeout = timeout
        self.connection = None

    def call(self, method, path, body=None, headers=None):
        """Sends bytes, a file or, as JSON, anything else."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes) and not hasattr(body, "read"):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.connection:
            try:
                return self._call(method, path, body, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
        self.connection = self._connect()
        try:
            return self._call(method, path, body, headers)
        except BaseException:
            self.close()
            raise

    def _connect(self):
        if self.url.scheme == "https":
            return http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=self.timeout, context=ssl.create_default_context())
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)

    def _call(self, method, path, body, headers):
        if hasattr(body, "seek"):
            body.seek(0)
        self.connection.request(method, path, body, headers)
        return Answer(self.connection.getresponse())

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


def control(method, path, body=None):
    """One call of the GitLab stand-in's control interface; its JSON. `RuntimeError` for anything but 2xx."""
    client = Client()
    answer = client.call(method, "/_bench/" + path, body)
    client.close()
    if answer.status >= 300:
        raise RuntimeError(f"{method} /_bench/{path}: {answer.status} {answer.body.decode(errors='replace')}")
    return answer.json()
