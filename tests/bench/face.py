"""What every stand-in server of the bench shares: fault rules, a journal, and an HTTP server that can misbehave.

A face is a `Handler` with one method, `respond`. Before it runs, the first fault rule that matches the request and is due
decides: wait, answer something else, slow both bodies down, or reset the connection. Each request leaves one JSON line in
the face's journal, so that a test can assert which calls were made.
"""

import http.server
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from email.utils import formatdate

from faults import Pace, Reset


class Body:
    """The body of a request, whether it has a length or comes in chunks."""

    def __init__(self, stream, headers, before_first_read):
        self.stream = stream
        self.chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        self.left = 0 if self.chunked else int(headers.get("Content-Length") or 0)
        self.ended = not self.chunked and self.left == 0
        self.before_first_read = before_first_read
        self.pace = Pace(None, None)
        self.count = 0

    def read(self, size=65536):
        """Up to `size` bytes; empty at the end."""
        if self.ended:
            return b""
        self.before_first_read()
        if self.chunked and self.left == 0:
            self.left = int(self.stream.readline(1024).split(b";")[0] or b"0", 16)
            if self.left == 0:
                while self.stream.readline(65536).strip():
                    pass
                self.ended = True
                return b""
        data = self.stream.read1(self.pace.allowance(min(size, self.left)))
        if not data:
            raise ConnectionError("the client went away inside its request")
        self.left -= len(data)
        self.count += len(data)
        if self.left == 0:
            if self.chunked:
                self.stream.readline(16)
            else:
                self.ended = True
        self.pace.passed(len(data))
        return data

    def all(self):
        return b"".join(iter(self.read, b""))

    def json(self):
        """The body as JSON; an empty one is an empty object."""
        return json.loads(self.all() or b"{}")

    def drain(self):
        while self.read():
            pass


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection. A face overrides `respond`, and may note facts for the journal in `self.facts`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    rbufsize = 65536
    # Requests below this path see no fault and leave no line in the journal.
    control = "/_bench/"

    def respond(self):
        raise NotImplementedError

    def operation(self):
        """What fault rules are matched with."""
        return f"{self.command} {self.path}"

    def setup(self):
        # The handshake belongs here, in the connection's own thread: one stuck client must not block the others.
        self.secure = self.server.tls is not None
        if self.secure:
            self.request.settimeout(20)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle_expect_100(self):
        return True  # sent by `_continue` when the body is first read

    def _continue(self):
        if self.expects:
            self.expects = False
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def dispatch(self):
        started = time.time()
        self.facts, self.status, self.sent, self.rule, self.after = {}, 0, 0, None, None
        self.expects = self.headers.get("Expect", "").lower() == "100-continue"
        self.body = Body(self.rfile, self.headers, self._continue)
        self.out = Pace(None, None)
        observed = not self.path.startswith(self.control)
        try:
            if observed:
                self.rule = self.server.rules.due(self.operation())
            if not self._misbehave():
                self.respond()
            if not self.close_connection and not self.expects:
                self.body.drain()
        except Reset:
            self._reset()
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
            self.facts["error"] = str(error)
            self.close_connection = True
        self.close_connection |= self.expects
        if observed:
            self.server.journal.write({
                "time": round(started, 3), "method": self.command, "path": self.path, "status": self.status,
                "bytes_in": self.body.count, "bytes_out": self.sent, "ms": round((time.time() - started) * 1000, 1),
                "fault": self.rule and self.rule.get("id", self.rule.get("match")), **self.facts})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = dispatch

    def _misbehave(self):
        """Applies the rule that is due. True when the request has been answered with it."""
        rule = self.rule
        if not rule:
            return False
        time.sleep(rule.get("delay_ms", 0) / 1000)
        if rule.get("drop"):
            raise Reset
        self.body.pace = Pace(rule.get("bps"), rule.get("cut_request_after"))
        self.out = Pace(rule.get("bps"), rule.get("cut_response_after"))
        if "status" not in rule:
            self.after = rule.get("after")
            return False
        if rule.get("early"):
            self.close_connection = True
        else:
            self.body.drain()
        body = rule.get("body", "")
        self.send(rule["status"], body if isinstance(body, str) else json.dumps(body), rule.get("headers", {}))
        return True

    def send(self, status, body=b"", headers=None, length=None):
        """Answers with text, bytes or an iterator of bytes. Without a `length` an iterator is sent in chunks."""
        headers = dict(headers or {})
        if self.after:
            status, body, headers, length = self._instead(headers)
        if isinstance(body, str):
            body = body.encode()
        whole = isinstance(body, (bytes, bytearray, memoryview))
        self.status = status
        if not any(name.lower() == "date" for name in headers):
            headers["Date"] = formatdate(time.time() + (self.rule or {}).get("skew", 0), usegmt=True)
        self.send_response_only(status)
        bodiless = status in (204, 304) or status < 200
        if whole and not bodiless:
            length = len(body)
        if length is not None:
            headers.setdefault("Content-Length", str(length))
        elif not bodiless:
            headers["Transfer-Encoding"] = "chunked"
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if self.command == "HEAD" or bodiless:
            self.end_headers()
            return
        if self.out.left is not None and self.out.left <= 0:
            self.end_headers()
            raise Reset
        if whole and not self.rule:
            # Head and body in one packet.
            self._headers_buffer += [b"\r\n", bytes(body)]
            self.flush_headers()
            self.sent += len(body)
            return
        self.end_headers()
        for piece in [body] if whole else body:
            self._write(piece, length is None)
        if length is None:
            self.wfile.write(b"0\r\n\r\n")

    def _instead(self, headers):
        """What a rule with `after` answers now that the call has had its effect."""
        after, self.after = self.after, None
        if after == "drop":
            raise Reset
        body = after.get("body", {})
        if isinstance(body, str):
            headers = {"Content-Type": "text/html" if body.lstrip().startswith("<") else "text/plain"}
        else:
            body = json.dumps(body)
            headers = {name: value for name, value in headers.items() if name not in ("Content-Length", "Content-Encoding")}
        return after.get("status", 500), body, {**headers, **after.get("headers", {})}, None

    def send_json(self, status, value, headers=None):
        self.send(status, json.dumps(value), {"Content-Type": "application/json", **(headers or {})})

    def _write(self, piece, chunked):
        piece = memoryview(piece)
        while piece:
            part = piece[:self.out.allowance(len(piece))]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            self.sent += len(part)
            piece = piece[len(part):]
            self.out.passed(len(part))

    def _reset(self):
        """Ends the connection with RST: no FIN, and under TLS no close_notify."""
        self.close_connection = True
        self.facts["reset"] = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def client_is_there(self):
        """Whether the client still waits for its answer; asked while it should be silent."""
        try:
            self.connection.settimeout(0)
            if self.secure:
                self.connection.recv(1)  # the end, or what a waiting client does not send
                return False
            return bool(self.connection.recv(1, socket.MSG_PEEK))
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        finally:
            self.connection.settimeout(self.timeout)

    def log_message(self, format, *arguments):
        pass  # the journal has it


class Server(http.server.ThreadingHTTPServer):
    """Listens on one address for one face."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address, handler, rules, journal, tls=None):
        self.rules, self.journal, self.tls = rules, journal, tls
        super().__init__(address, handler)

    def server_bind(self):
        # Without the reverse look-up that the parent class makes.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        kind, error, _ = sys.exc_info()
        print(f"{time.time():.3f} {client_address[0]}: {kind.__name__}: {error}", file=sys.stderr, flush=True)
        if not issubclass(kind, (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


def tls_context(certificate, key):
    """Server side TLS that speaks HTTP/1.1 only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def serve(servers):
    """Runs all servers until the process ends."""
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()
