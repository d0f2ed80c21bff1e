"""Merge requests of the GitLab stand-in: whether one can be merged, and the merge itself, made with git."""

import os
import subprocess

from calls import Wrong, now
from repositories import ENVIRONMENT, GIT

DRAFT = ("draft:", "[draft]", "(draft)", "wip:")


def heads(record, request):
    """The commits of source and target branch; None for one that is gone."""
    project = record.project
    return tuple(project.commit_id(f"refs/heads/{request[side]}") for side in ("source_branch", "target_branch"))


def is_draft(title):
    return title.lower().startswith(DRAFT)


def merged_tree(project, target, source):
    """The tree of both together, or None when they conflict."""
    done = subprocess.run([GIT, "--git-dir", project.directory, "merge-tree", "--write-tree", target, source], env=ENVIRONMENT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout.decode().split("\n")[0] if done.returncode == 0 else None


def is_ancestor(project, one, other):
    return project.git("merge-base", one, other, check=False).decode().strip() == one


def has_conflicts(record, request):
    source, target = heads(record, request)
    return bool(source and target) and merged_tree(record.project, target, source) is None


def status(world, record, request):
    """GitLab's `detailed_merge_status`."""
    source, target = heads(record, request)
    if request["state"] != "opened":
        return "not_open"
    if not source or not target or is_ancestor(record.project, source, target):
        return "commits_status"
    if is_draft(request["title"]):
        return "draft_status"
    if has_conflicts(record, request):
        return "conflict"
    if record.settings["merge_method"] == "ff" and not is_ancestor(record.project, target, source):
        return "need_rebase"
    if record.settings["only_allow_merge_if_pipeline_succeeds"]:
        pipeline = world.head_pipeline(record, request)
        state = pipeline["status"] if pipeline else None
        if state not in ("success", "skipped" if record.settings["allow_merge_on_skipped_pipeline"] else "success"):
            return "ci_must_pass" if state in (None, "failed", "canceled", "skipped") else "ci_still_running"
    return "mergeable"


def merge(world, record, request, username, options):
    """Merges, with what the call asked for: `squash`, `merge_commit_message`, `should_remove_source_branch`."""
    project, user = record.project, world.users[username]
    source, target = heads(record, request)
    tree = merged_tree(project, target, source)
    if not tree:
        raise Wrong(405, "405 Method Not Allowed")
    before = project.branches()
    message = options.get("merge_commit_message") or (
        f"Merge branch '{request['source_branch']}' into '{request['target_branch']}'\n\n{request['title']}\n\n"
        f"See merge request {project.path}!{request['iid']}")
    squash = options.get("squash")
    if squash is None:
        squash = request["squash"]
    second, request["squash_commit_sha"] = source, None
    if squash:
        base = project.git("merge-base", target, source).decode().strip()
        second = request["squash_commit_sha"] = commit_tree(project, merged_tree(project, base, source), [base],
                                                            options.get("squash_commit_message") or request["title"], user)
    if record.settings["merge_method"] == "ff":
        made, request["merge_commit_sha"] = second, None
        if squash and not is_ancestor(project, target, second):
            made = commit_tree(project, tree, [target], options.get("squash_commit_message") or request["title"], user)
    else:
        made = request["merge_commit_sha"] = commit_tree(project, tree, [target, second], message, user)
    project.git("update-ref", f"refs/heads/{request['target_branch']}", made, target)
    request.update(state="merged", merged_at=now(), updated_at=now(), merged_by=username, auto_merge=None, sha=source, base=target)
    remove = options.get("should_remove_source_branch")
    if remove or remove is None and request["force_remove_source_branch"]:
        project.git("update-ref", "-d", f"refs/heads/{request['source_branch']}")
    world.moved_on(record, before, user)


def commit_tree(project, tree, parents, message, user):
    environment = dict(ENVIRONMENT, GIT_AUTHOR_NAME=user.name, GIT_AUTHOR_EMAIL=user.email, GIT_COMMITTER_NAME=user.name,
                       GIT_COMMITTER_EMAIL=user.email, GIT_DIR=os.path.abspath(project.directory))
    arguments = [argument for parent in parents for argument in ("-p", parent)]
    return subprocess.run([GIT, "commit-tree", tree, *arguments], input=message.encode(), env=environment, stdout=subprocess.PIPE,
                          check=True).stdout.decode().strip()
