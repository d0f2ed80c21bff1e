"""REST: the tree, commits, branches, tags and comparisons of a repository."""

import base64
import os
import re
import subprocess

import protection
from calls import DEVELOPER, Page, Wrong, forbidden, not_found, route
from repositories import ENVIRONMENT, GIT

FORMAT = "%H%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B%x1e"


def commit_of(call, name, what="Commit"):
    """The commit that a ref, a branch, a tag or an id names; 404 without one."""
    commit = name and not name.startswith("-") and call.project.commit_id(name)
    if not commit:
        raise not_found(what)
    return commit


def log(project, *arguments):
    """Commits as the REST interface shows them."""
    result = []
    for entry in project.git("log", f"--format={FORMAT}", *arguments).decode(errors="replace").split("\x1e"):
        if not entry.strip():
            continue
        sha, parents, author, author_email, authored, committer, committer_email, committed, message = entry.lstrip("\n").split("\x1f")
        # One newline is git's own.
        message = message.removesuffix("\n")
        result.append({"id": sha, "short_id": sha[:8], "created_at": committed, "parent_ids": parents.split(),
                       "title": message.split("\n")[0],
                       "message": message, "author_name": author, "author_email": author_email, "authored_date": authored,
                       "committer_name": committer, "committer_email": committer_email, "committed_date": committed, "trailers": {},
                       "extended_trailers": {}})
    return result


def show_commit(call, commit):
    return {**commit, "web_url": f"{call.origin}/{call.project.path}/-/commit/{commit['id']}"}


def describe_commit(call, sha, stats=True):
    """One commit with all that a single look shows."""
    commit = show_commit(call, log(call.project, "-1", sha)[0])
    if stats:
        numbers = [line.split("\t") for line in
                   call.project.git("show", "--numstat", "--format=", "-m", "--first-parent", sha).decode(errors="replace").splitlines()
                   if line]
        added = sum(int(one[0]) for one in numbers if one[0].isdigit())
        deleted = sum(int(one[1]) for one in numbers if one[1].isdigit())
        commit["stats"] = {"additions": added, "deletions": deleted, "total": added + deleted}
    pipelines = call.world.matching_pipelines(call.record, sha=sha)
    last = pipelines[0] if pipelines else None
    return {**commit, "status": last["status"] if last else None, "project_id": call.project.number,
            "last_pipeline": last and {name: last[name] for name in ("id", "iid", "project_id", "sha", "ref", "status", "source")}}


@route("GET", "projects/:project/repository/tree", code=True, scopes=("api", "read_api", "read_repository"))
def tree(call):
    ref, path = call.text("ref") or call.project.default_branch, (call.text("path") or "").strip("/")
    commit = commit_of(call, ref, "Tree")
    if path and not call.project.git("ls-tree", "-d", "--full-tree", commit, "--", path):
        raise Wrong(404, "404 invalid revision or path Not Found")
    listing = call.project.git("ls-tree", "-z", "--full-tree", *(["-r", "-t"] if call.flag("recursive", False) else []), commit,
                               *(["--", path + "/"] if path else [])).decode(errors="replace").split("\0")
    entries = [re.match(r"(\d+) (\w+) (\w+)\t(.*)", line, re.DOTALL).groups() for line in listing if line]
    entries = [one for one in entries if one[3] != path]
    # Directories come first, as in GitLab.
    entries.sort(key=lambda one: {"tree": 0, "blob": 1, "commit": 2}[one[1]])
    return Page([{"id": oid, "name": name.rpartition("/")[2], "type": kind, "path": name, "mode": mode} for mode, kind, oid,
                 name in entries],
                keyset=("page_token", lambda one: one["path"].encode().hex()))


@route("GET", "projects/:project/repository/blobs/:sha", code=True, scopes=("api", "read_api", "read_repository"))
def blob(call):
    if not re.fullmatch(r"[0-9a-f]{40}", call["sha"]) or call.project.git("cat-file", "-t", call["sha"], check=False).strip() != b"blob":
        raise not_found("Blob")
    content = call.project.git("cat-file", "blob", call["sha"])
    return {"size": len(content), "encoding": "base64", "content": base64.b64encode(content).decode(), "sha": call["sha"]}


# ---- commits ----------------------------------------------------------------------------------------------------------

@route("GET", "projects/:project/repository/commits", code=True)
def commits(call):
    ref = call.text("ref_name") or call.project.default_branch
    commit_of(call, ref)
    arguments = ["-1000", ref]
    if call.flag("all", False):
        arguments = ["-1000", "--all"]
    for name in ("since", "until"):
        if call.get(name):
            arguments.insert(1, f"--{name}={call.text(name)}")
    if call.get("path"):
        arguments += ["--", call.text("path")]
    return Page(log(call.project, *arguments), lambda one: show_commit(call, one))


@route("GET", "projects/:project/repository/commits/:sha", code=True)
def commit(call):
    return describe_commit(call, commit_of(call, call["sha"]), call.flag("stats", True))


@route("GET", "projects/:project/repository/commits/:sha/diff", code=True)
def commit_diff(call):
    sha = commit_of(call, call["sha"])
    parent = call.project.commit_id(f"{sha}^") or "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    return Page(diffs(call.project, parent, sha))


@route("GET", "projects/:project/repository/commits/:sha/statuses", code=True)
def statuses(call):
    commit_of(call, call["sha"])
    return Page([])


@route("GET", "projects/:project/repository/commits/:sha/refs", code=True)
def refs_of_commit(call):
    sha = commit_of(call, call["sha"])
    names = [("branch", "refs/heads"), ("tag", "refs/tags")]
    return Page([{"type": kind, "name": name} for kind, prefix in names for name in call.project.git(
        "for-each-ref", "--contains", sha, "--format=%(refname:lstrip=2)", prefix).decode().split()])


def diffs(project, old, new):
    """What changed between two trees, file by file."""
    result = []
    listing = project.git("diff-tree", "-r", "-z", "-M", old, new).decode(errors="replace").split("\0")
    while len(listing) > 1:
        old_mode, new_mode, before, after, verb = listing.pop(0).lstrip(":").split(" ")
        path = listing.pop(0)
        target = listing.pop(0) if verb[0] in "RC" else path
        text = project.git("diff", before, after, check=False).decode(errors="replace") if "0" * 40 not in (before, after) else ""
        result.append({"diff": text[text.find("@@"):] if "@@" in text else "", "old_path": path, "new_path": target, "a_mode": old_mode,
                       "b_mode": new_mode, "new_file": verb == "A", "renamed_file": verb[0] == "R", "deleted_file": verb == "D",
                       "generated_file": False, "collapsed": False, "too_large": False})
    return result


@route("GET", "projects/:project/repository/compare", code=True)
def compare(call):
    call.need("from", "to")
    project, old, new = call.project, commit_of(call, call.text("from"), "Ref"), commit_of(call, call.text("to"), "Ref")
    start = old
    if not call.flag("straight", False):
        start = project.git("merge-base", old, new, check=False).decode().strip()
        if not start:
            raise not_found("Ref")
    found = [show_commit(call, one) for one in log(project, "--reverse", f"{start}..{new}")]
    return {"commit": found[-1] if found else None, "commits": found, "diffs": diffs(project, start, new), "compare_timeout": False,
            "compare_same_ref": old == new, "web_url": f"{call.origin}/{project.path}/-/compare/{old}...{new}"}


@route("GET", "projects/:project/repository/merge_base", code=True)
def merge_base(call):
    refs = [commit_of(call, ref, "Ref") for ref in call.list("refs")]
    base = call.project.git("merge-base", *refs, check=False).decode().strip()
    if not base:
        raise not_found("Merge Base")
    return show_commit(call, log(call.project, "-1", base)[0])


# ---- branches ---------------------------------------------------------------------------------------------------------

def show_branch(call, name, sha):
    rules, world = protection.rules_of(call.record.protected_branches, name), call.world
    return {"name": name, "commit": show_commit(call, log(call.project, "-1", sha)[0]), "merged": False, "protected": bool(rules),
            "developers_can_push": any(level["access_level"] == DEVELOPER for one in rules for level in one["push_access_levels"]),
            "developers_can_merge": any(level["access_level"] == DEVELOPER for one in rules for level in one["merge_access_levels"]),
            "can_push": protection.may_push(world, call.user, call.record, name), "default": name == call.project.default_branch,
            "web_url": f"{call.origin}/{call.project.path}/-/tree/{name}"}


@route("GET", "projects/:project/repository/branches", code=True)
def branches(call):
    search = call.text("search") or ""
    anchored = re.compile("^" + re.escape(search[1:])) if search.startswith("^") else re.compile(re.escape(search))
    found = [(name, sha) for name, sha in call.project.branches().items() if anchored.search(name)]
    return Page(found, lambda one: show_branch(call, *one), ("page_token", lambda one: one[0]))


@route("GET", "projects/:project/repository/branches/:branch", code=True)
def branch(call):
    sha = call.project.branches().get(call["branch"])
    if not sha:
        raise not_found("Branch")
    return show_branch(call, call["branch"], sha)


@route("POST", "projects/:project/repository/branches", role=DEVELOPER, frozen=True)
def create_branch(call):
    name, ref = call.need("branch", "ref")
    before = call.project.branches()
    if name in before:
        raise Wrong(400, "Branch already exists")
    if not valid_ref("heads/" + name):
        raise Wrong(400, "Branch name is invalid")
    sha = not str(ref).startswith("-") and call.project.commit_id(ref)
    if not sha:
        raise Wrong(400, f"Invalid reference name: {ref}")
    protection.check_push(call.world, call.user, call.record, name)
    protection.check_rules(call.record, name, "", [], True)
    call.project.git("update-ref", f"refs/heads/{name}", sha)
    call.world.moved_on(call.record, before, call.user)
    return 201, show_branch(call, name, sha)


@route("DELETE", "projects/:project/repository/branches/:branch", role=DEVELOPER, frozen=True)
def delete_branch(call):
    name = call["branch"]
    if name not in call.project.branches():
        raise not_found("Branch")
    if protection.is_protected(call.record, name):
        raise Wrong(403, "Protected branch cannot be removed")
    if name == call.project.default_branch:
        raise Wrong(405, "Cannot remove HEAD branch")
    call.project.git("update-ref", "-d", f"refs/heads/{name}")


def valid_ref(name):
    return subprocess.run([GIT, "check-ref-format", "refs/" + name], env=ENVIRONMENT).returncode == 0


# ---- tags -------------------------------------------------------------------------------------------------------------

def show_tag(call, name, target):
    kind = call.project.git("cat-file", "-t", target).decode().strip()
    message = ""
    if kind == "tag":
        message = call.project.git("for-each-ref", "--format=%(contents)", f"refs/tags/{name}").decode(errors="replace").strip()
    return {"name": name, "message": message, "target": target, "release": None, "created_at": None,
            "commit": show_commit(call, log(call.project, "-1", target)[0]),
            "protected": bool(protection.rules_of(call.record.protected_tags, name))}


@route("GET", "projects/:project/repository/tags", code=True)
def tags(call):
    search = (call.text("search") or "").lstrip("^")
    return Page([one for one in call.project.refs("refs/tags/").items() if search in one[0]], lambda one: show_tag(call, *one))


@route("GET", "projects/:project/repository/tags/:tag", code=True)
def tag(call):
    target = call.project.refs("refs/tags/").get(call["tag"])
    if not target:
        raise not_found("Tag")
    return show_tag(call, call["tag"], target)


@route("POST", "projects/:project/repository/tags", role=DEVELOPER, frozen=True)
def create_tag(call):
    name, ref = call.need("tag_name", "ref")
    if name in call.project.refs("refs/tags/"):
        raise Wrong(400, f"Tag {name} already exists")
    if not valid_ref("tags/" + name):
        raise Wrong(400, "Tag name invalid")
    sha = not str(ref).startswith("-") and call.project.commit_id(ref)
    if not sha:
        raise Wrong(400, f"Target {ref} is invalid")
    if not protection.may_tag(call.world, call.user, call.record, name):
        raise Wrong(400, "You are not allowed to create this tag as it is protected.") if protection.rules_of(
            call.record.protected_tags, name) else forbidden()
    if call.get("message"):
        environment = dict(ENVIRONMENT, GIT_COMMITTER_NAME=call.user.name, GIT_COMMITTER_EMAIL=call.user.email,
                           GIT_DIR=os.path.abspath(call.project.directory))
        subprocess.run([GIT, "tag", "-a", "-F", "-", name, sha], input=call.text("message").encode(), env=environment, check=True)
    else:
        call.project.git("update-ref", f"refs/tags/{name}", sha)
    return 201, show_tag(call, name, call.project.refs("refs/tags/")[name])


@route("DELETE", "projects/:project/repository/tags/:tag", role=DEVELOPER, frozen=True)
def delete_tag(call):
    if call["tag"] not in call.project.refs("refs/tags/"):
        raise not_found("Tag")
    if not protection.may_tag(call.world, call.user, call.record, call["tag"]):
        raise forbidden("You are not allowed to delete this tag")
    call.project.git("update-ref", "-d", f"refs/tags/{call['tag']}")
