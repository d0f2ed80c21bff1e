"""A proxy in front of the Docker socket that writes one JSON line for each API call: that is how calls are counted.

    dockerlog.py LISTEN TARGET JOURNAL

It passes bytes through as they are: keep-alive, chunked bodies, and connections that turn into raw streams (attach, exec,
BuildKit sessions). A call that streams for long is written when its answer ends; one that turned raw, when it did.
"""

import os
import socket
import sys
import threading
import time

from faults import Journal

# What attach and exec answer to a client that did not ask for an upgrade: raw bytes follow.
RAW_STREAMS = (b"application/vnd.docker.raw-stream", b"application/vnd.docker.multiplexed-stream")


class Ended(Exception):
    """The peer closed the connection between two messages."""


class Side:
    """One end of a proxied connection, read through a buffer."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def more(self):
        data = self.connection.recv(262144)
        self.buffer += data
        return bool(data)

    def head(self):
        """The next message up to and including its empty line."""
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                raise Ended
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def take(self, count):
        """Up to `count` bytes, at least one."""
        if not self.buffer and not self.more():
            raise ConnectionError("closed inside a message")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.more():
                raise ConnectionError("closed inside a chunk")
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line + b"\r\n"


def header(head, name):
    """The value of a header in lower case; empty when it is missing."""
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().lower()
    return b""


def pass_body(source, target, head, until_close):
    """Copies the body that `head` announces. Without a length an answer ends with its connection."""
    if b"chunked" in header(head, b"transfer-encoding"):
        pass_chunks(source, target)
    elif header(head, b"content-length"):
        left = int(header(head, b"content-length"))
        while left:
            data = source.take(left)
            target.connection.sendall(data)
            left -= len(data)
    elif until_close:
        pass_raw(source, target)
        raise Ended


def pass_chunks(source, target):
    while True:
        line = source.line()
        left = int(line.split(b";")[0], 16)
        target.connection.sendall(line)
        if left == 0:
            while line != b"\r\n":  # trailers, then the empty line
                line = source.line()
                target.connection.sendall(line)
            return
        left += 2
        while left:
            data = source.take(left)
            target.connection.sendall(data)
            left -= len(data)


def pass_raw(source, target):
    """Copies until the source ends, then ends the target's direction too."""
    try:
        while source.buffer or source.more():
            data, source.buffer = source.buffer, b""
            target.connection.sendall(data)
        target.connection.shutdown(socket.SHUT_WR)
    except OSError:
        close(source, target)


def close(*sides):
    for side in sides:
        try:
            side.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def in_background(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


def send_request_body(client, engine, head):
    try:
        pass_body(client, engine, head, False)
    except (OSError, ConnectionError, ValueError):
        close(client, engine)


def has_body(head):
    return b"chunked" in header(head, b"transfer-encoding") or header(head, b"content-length") not in (b"", b"0")


def one_call(client, engine, journal):
    """Passes one request and its answer. `Ended` when the connection cannot carry another."""
    head = client.head()
    started = time.time()
    method, path, _ = head.split(b"\r\n", 1)[0].decode(errors="replace").split(" ", 2)
    engine.connection.sendall(head)
    # Beside the answer: the engine may refuse a long upload before it has read all of it.
    sending = in_background(send_request_body, client, engine, head) if has_body(head) else None
    answer = engine.head()
    while answer.startswith(b"HTTP/1.1 100"):
        client.connection.sendall(answer)
        answer = engine.head()
    status = int(answer.split(b" ", 2)[1])

    def note():
        journal.write({"time": round(started, 3), "method": method, "path": path, "status": status,
                       "ms": round((time.time() - started) * 1000, 1)})

    raw = status == 101 or method == "POST" and b"chunked" not in header(answer, b"transfer-encoding") \
        and header(answer, b"content-type") in RAW_STREAMS
    client.connection.sendall(answer)
    if raw:
        note()
        if sending:
            sending.join()
        in_background(pass_raw, client, engine)
        pass_raw(engine, client)
        close(client, engine)
        raise Ended
    try:
        if method != "HEAD" and status not in (204, 304):
            pass_body(engine, client, answer, True)
    finally:
        note()
    if sending:
        sending.join()
    if header(answer, b"connection") == b"close" or header(head, b"connection") == b"close":
        raise Ended


def serve_client(connection, target, journal):
    engine = socket.socket(socket.AF_UNIX)
    try:
        with connection, engine:
            engine.connect(target)
            sides = Side(connection), Side(engine)
            while True:
                one_call(*sides, journal)
    except (Ended, OSError, ValueError, IndexError):
        pass


def main():
    listen, target, journal = sys.argv[1], sys.argv[2], Journal(sys.argv[3])
    listener = socket.socket(socket.AF_UNIX)
    if os.path.exists(listen):
        os.unlink(listen)
    listener.bind(listen)
    listener.listen(256)
    while True:
        connection, _ = listener.accept()
        in_background(serve_client, connection, target, journal)


if __name__ == "__main__":
    main()
