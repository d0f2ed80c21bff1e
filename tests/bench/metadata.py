"""A fake EC2 metadata server: whatever is asked, the answer holds the secret that no job may read.

It runs in a network namespace of its own, a forwarding hop away from the host's, as on EC2. Each request leaves a line on
standard output.
"""

import argparse
import http.server
import socket
import threading

SECRET = b"bench-metadata-secret\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response_only(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(SECRET)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(SECRET)
        print(f"{self.client_address[0]} {self.command} {self.path}", flush=True)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = answer

    def log_message(self, format, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

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
    if options.parse_args().ipv6:
        threading.Thread(target=Server6(("::", 80), Handler).serve_forever, daemon=True).start()
    Server(("0.0.0.0", 80), Handler).serve_forever()


if __name__ == "__main__":
    main()
