"""The way to docker-registry, behind the ECR face: paths and streams.

Each account and region has a part of its own there: `app` of account 123456789012 in eu-west-1 is
`123456789012/eu-west-1/app`, so that two repositories of one name share nothing.
"""

import http.client
import os
import shutil
import urllib.parse

HOST, PORT = "127.0.0.1", 5001
BUFFER = 262144
# Of one connection only, or not for the registry's eyes.
DROPPED = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect", "host",
           "authorization", "date", "server"}


def inner(account, region, repository):
    """The name of a repository in docker-registry."""
    return f"{account}/{region}/{repository}"


def forget(root, account, region, repository=None):
    """Removes what docker-registry knows of one repository; blobs stay. Its cache of blobs is off, so it sees that at once."""
    shutil.rmtree(os.path.join(root, "docker/registry/v2/repositories", inner(account, region, repository or "")), ignore_errors=True)


class Upstream:
    """A kept connection to docker-registry. One thread at a time."""

    def __init__(self):
        self.connection = None

    def call(self, method, path, headers, body=None, chunked=False):
        """Sends bytes or an iterable of bytes; the answer, whose body the caller reads to its end."""
        fresh = self.connection is None
        try:
            return self._call(method, path, headers, body, chunked)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if fresh or not (body is None or isinstance(body, bytes)):
                raise
            return self._call(method, path, headers, body, chunked)

    def _call(self, method, path, headers, body, chunked):
        if not self.connection:
            self.connection = http.client.HTTPConnection(HOST, PORT, timeout=300, blocksize=BUFFER)
        connection = self.connection
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("X-Forwarded-Proto", "https")
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        try:
            connection.endheaders(body, encode_chunked=chunked)
        except (BrokenPipeError, ConnectionResetError):
            if body is None or isinstance(body, bytes):
                raise
            # It may have answered before it had all of a long body.
        return connection.getresponse()

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


def forwarded(headers):
    """The headers of a message that may pass, in order and with repetitions."""
    return [(name, value) for name, value in headers.items() if name.lower() not in DROPPED]


def pieces(body):
    """A request's body in large pieces: TLS hands out 16 KiB at a time, and each piece costs the registry a read."""
    held, size = [], 0
    while data := body.read(BUFFER):
        held.append(data)
        size += len(data)
        if size >= BUFFER:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def without(query, *names):
    """A query without some of its parameters."""
    return urllib.parse.urlencode([(name, value) for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True) if name not in names])


MANIFESTS = ", ".join(f"application/vnd.{kind}+json" for kind in (
    "docker.distribution.manifest.v2", "docker.distribution.manifest.list.v2", "oci.image.manifest.v1", "oci.image.index.v1"))


def tag_digest(account, region, repository, tag):
    """What a tag means now; None where there is none."""
    upstream = Upstream()
    try:
        answer = upstream.call("HEAD", f"/v2/{inner(account, region, repository)}/manifests/{tag}", [("Accept", MANIFESTS)])
        answer.read()
        return answer.headers.get("Docker-Content-Digest") if answer.status == 200 else None
    finally:
        upstream.close()
