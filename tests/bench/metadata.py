"""A fake EC2 metadata server: whatever is asked, the answer holds the secret that no job may read.

Whoever has asked for a token first, as IMDSv2 wants it, gets genuine answers for the host's region, identity and role. The
keys of that role are known to the AWS face; they are good for six hours, or for the policy's `session_ttl`.

It runs in a network namespace of its own, a forwarding hop away from the host's, as on EC2. Each request leaves a line on
standard output.
"""

import argparse
import http.server
import json
import secrets
import socket
import threading
import time

import sessions
from policy import Policy

SECRET = b"bench-metadata-secret\n"
REGION, ZONE = "eu-west-1", "eu-west-1a"
LATEST = "/latest/"
ROLES = "meta-data/iam/security-credentials/"


def credentials(ttl):
    """Keys of the host's role, in the form of IMDS."""
    now = time.time()
    return json.dumps({
        "Code": "Success", "LastUpdated": sessions.stamp(now), "Type": "AWS-HMAC", "AccessKeyId": sessions.host_key(now + ttl),
        "SecretAccessKey": "bench-host-secret-access-key", "Token": "bench-host-session-token", "Expiration": sessions.stamp(now + ttl)}, indent=1)


def identity():
    return json.dumps({"accountId": sessions.ACCOUNT, "architecture": "x86_64", "availabilityZone": ZONE, "imageId": "ami-0bench0bench0bench",
                       "instanceId": sessions.HOST_INSTANCE, "instanceType": "m7i.large", "region": REGION, "version": "2017-09-30"}, indent=1)


class Tokens:
    """Session tokens of IMDSv2 and their ends."""

    def __init__(self):
        self.ends = {}

    def issue(self, seconds):
        token = secrets.token_urlsafe(42)
        self.ends[token] = time.time() + seconds
        return token

    def good(self, token):
        return self.ends.get(token, 0) > time.time()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 20

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body, headers = self.genuine() or (200, SECRET, {})
        self.send_response_only(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        print(f"{self.client_address[0]} {self.command} {self.path}", flush=True)

    def genuine(self):
        """Status, body and headers as IMDS would answer; None for the secret."""
        header = "X-aws-ec2-metadata-token-ttl-seconds"
        ttl = self.headers.get(header, "")
        if (self.command, self.path) == ("PUT", "/latest/api/token") and ttl:
            if not ttl.isdigit() or not 1 <= int(ttl) <= 21600:
                return 400, b"", {}
            return 200, self.server.tokens.issue(int(ttl)).encode(), {header: ttl}
        token = self.headers.get("X-aws-ec2-metadata-token")
        if token is None or not self.path.startswith(LATEST):
            return None
        if not self.server.tokens.good(token):
            return 401, b"", {}
        return self.document(self.path.removeprefix(LATEST))

    def document(self, path):
        known = {"meta-data/placement/region": REGION, "meta-data/placement/availability-zone": ZONE, "meta-data/instance-id": sessions.HOST_INSTANCE}
        if path in known:
            return 200, known[path].encode(), {}
        if path == "dynamic/instance-identity/document":
            return 200, identity().encode(), {}
        if path == ROLES or path == ROLES.rstrip("/"):
            return 200, sessions.HOST_ROLE.encode(), {}
        if path == ROLES + sessions.HOST_ROLE:
            return 200, credentials(self.server.policy.now().get("session_ttl", 21600)).encode(), {}
        # Newer SDKs look here first, and at the old place when there is nothing.
        return (404, b"", {}) if "security-credentials" in path else None

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = answer

    def log_message(self, format, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    tokens, policy = Tokens(), None

    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "metadata", 80


class Server6(Server):
    address_family = socket.AF_INET6


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--ipv6", action="store_true", help="listen on IPv6 too")
    options.add_argument("--policy", required=True, help="the AWS policy, a JSON file")
    given = options.parse_args()
    Server.policy = Policy(given.policy)
    if given.ipv6:
        threading.Thread(target=Server6(("::", 80), Handler).serve_forever, daemon=True).start()
    Server(("0.0.0.0", 80), Handler).serve_forever()


if __name__ == "__main__":
    main()
