"""REST: a repository's files at a commit as an archive, and a blob's bytes."""

import re

from calls import Raw, not_found, route
from rest_repository import commit_of

READ = ("api", "read_api", "read_repository")


@route("GET", "projects/:project/repository/archive.tar.gz", code=True, scopes=READ)
def archive(call):
    commit = commit_of(call, call.text("sha") or call.project.default_branch)
    name = f"{call.project.name}-{call.text('sha') or 'HEAD'}-{commit}"
    content = call.project.git("archive", "--format=tar.gz", f"--prefix={name.replace('/', '-')}/", commit)
    return Raw(content, {"Content-Type": "application/octet-stream",
                         "Content-Disposition": f'attachment; filename="{name}.tar.gz"'})


@route("GET", "projects/:project/repository/blobs/:sha/raw", code=True, scopes=READ)
def raw_blob(call):
    if not re.fullmatch(r"[0-9a-f]{40}", call["sha"]) or call.project.git("cat-file", "-t", call["sha"], check=False).strip() != b"blob":
        raise not_found("Blob")
    return Raw(call.project.git("cat-file", "blob", call["sha"]), {"Content-Type": "text/plain"})
