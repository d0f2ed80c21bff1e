"""Git over HTTP for the GitLab stand-in: `git http-backend` as a CGI, and what a push entails."""

import re
import subprocess
import tempfile

import protection
from repositories import ENVIRONMENT, GIT

NOT_ALLOWED = "You are not allowed to push code to protected branches on this project."


def pushed_refs(spool):
    """`(old, new, ref)` of each command of a `git-receive-pack` request; the spool stands at its beginning again."""
    commands = []
    while True:
        length = spool.read(4)
        if not re.fullmatch(rb"[0-9a-f]{4}", length) or int(length, 16) < 5:
            break
        words = spool.read(int(length, 16) - 4).split(b"\0")[0].decode(errors="replace").strip().split(" ", 2)
        if len(words) == 3:
            commands.append(words)
    spool.seek(0)
    return commands


def verdict(world, record, user, commands):
    """What refuses the push (or an empty text), and the refs that may not be forced."""
    guarded = []
    for _, new, ref in commands:
        name = ref.removeprefix("refs/heads/")
        if ref.startswith("refs/tags/"):
            if not protection.may_tag(world, user, record, ref.removeprefix("refs/tags/")):
                return "You are not allowed to create this tag as it is protected.", []
        elif ref.startswith("refs/heads/"):
            if not new.strip("0") and protection.is_protected(record, name):
                return "You can only delete protected branches using the web interface.", []
            if not protection.may_push(world, user, record, name):
                return NOT_ALLOWED if protection.is_protected(record, name) else "You are not allowed to push code to this project.", []
            if not protection.may_force(record, name):
                guarded.append(ref)
    return "", guarded


def smart_http(handler, project, path, query, name, user=None):
    """Lets `git http-backend` answer the request. A chunked body has no length, so it is spooled first.

    `user` is who pushes, as far as the world knows; the answer to a push leaves when everything that follows from it is done.
    """
    world = handler.gitlab.world
    push = path.endswith("/git-receive-pack") and user
    with tempfile.TemporaryFile() as spool:
        for piece in iter(handler.body.read, b""):
            spool.write(piece)
        length = spool.tell()
        spool.seek(0)
        environment = dict(
            ENVIRONMENT, GIT_PROJECT_ROOT=world.repositories.root, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
            REQUEST_METHOD=handler.command, CONTENT_TYPE=handler.headers.get("Content-Type", ""), CONTENT_LENGTH=str(length),
            HTTP_CONTENT_ENCODING=handler.headers.get("Content-Encoding", ""),
            GIT_PROTOCOL=handler.headers.get("Git-Protocol", ""), REMOTE_USER=name, REMOTE_ADDR=handler.client_address[0])
        if push:
            record = world.of(project)
            before = project.branches()
            refusal, guarded = verdict(world, record, user, pushed_refs(spool))
            environment.update(BENCH_REFUSAL=refusal, BENCH_NO_FORCE=" ".join(guarded))
        backend = subprocess.Popen([GIT, "http-backend"], stdin=spool, stdout=subprocess.PIPE, env=environment)
    try:
        status, headers = 200, {}
        for line in iter(backend.stdout.readline, b"\r\n"):
            if not line:
                break
            name, _, value = line.decode().partition(":")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers[name] = value.strip()
        if push:
            answer = backend.stdout.read()
            backend.wait()
            with world.lock:
                world.moved_on(record, before, user)
            return handler.send(status, answer, headers)
        handler.send(status, iter(lambda: backend.stdout.read1(65536), b""), headers)
    finally:
        backend.stdout.close()
        backend.wait()
