"""Pipelines of the GitLab stand-in: when one comes to be, and what its end brings about."""

import merging
from calls import now

ACTIVE = ("created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "scheduled")
SKIP = ("[skip ci]", "[ci skip]")


class Pipelines:
    """Part of the world."""

    def moved_on(self, record, before, user):
        """Branches may have moved since `before`; what follows from that."""
        project = record.project
        after = project.branches()
        if after and not before:
            if project.default_branch not in after:
                project.make_default(next(iter(after)))
            self.protect_default(record)
        for branch, commit in after.items():
            if before.get(branch) == commit:
                continue
            record.active_at = now()
            self.branch_moved(record, branch, commit, user)

    def branch_moved(self, record, branch, commit, user):
        source_of = [one for one in record.merge_requests if one["state"] == "opened" and one["source_branch"] == branch]
        for request in source_of:
            request["updated_at"] = now()
        if not self.wants_pipeline(record, commit):
            return
        self.add_pipeline(record, branch, commit, "push", user)
        for request in source_of:
            self.add_merge_request_pipeline(record, request, user)

    def wants_pipeline(self, record, commit):
        project = record.project
        path = record.settings["ci_config_path"] or ".gitlab-ci.yml"
        elsewhere = "@" in path or "://" in path
        if not elsewhere and not project.has_file(commit, path) or record.archived or not record.settings["jobs_enabled"]:
            return False
        message = project.git("log", "-1", "--format=%B", commit).decode(errors="replace").lower()
        return not any(mark in message for mark in SKIP)

    def add_pipeline(self, record, ref, commit, source, user, **more):
        stamp = now()
        pipeline = {"id": self.number("pipeline"), "iid": next(record.iids["pipeline"]), "project_id": record.project.number, "sha": commit,
                    "ref": ref, "source": source, "status": "created", "created_at": stamp, "updated_at": stamp, "user": user.username,
                    "variables": [], "merge_request": None, **more}
        record.pipelines.append(pipeline)
        return pipeline

    def add_merge_request_pipeline(self, record, request, user):
        commit = record.project.commit_id(f"refs/heads/{request['source_branch']}")
        if commit and self.wants_pipeline(record, commit):
            self.add_pipeline(record, f"refs/merge-requests/{request['iid']}/head", commit, "merge_request_event", user,
                              merge_request=request["iid"])

    def matching_pipelines(self, record, ref=None, sha=None, number=None, source=None):
        """Newest first. A merge request's pipeline also belongs to its source branch."""
        branches = {one["iid"]: one["source_branch"] for one in record.merge_requests}
        return [one for one in reversed(record.pipelines)
                if ref in (None, one["ref"], branches.get(one["merge_request"])) and sha in (None, one["sha"])
                and number in (None, one["id"]) and source in (None, one["source"])]

    def head_pipeline(self, record, request):
        """The newest pipeline of the merge request's last commit; its own before one of the branch."""
        commit = record.project.commit_id(f"refs/heads/{request['source_branch']}") or request.get("sha")
        own = [one for one in reversed(record.pipelines) if one["sha"] == commit and one["merge_request"] == request["iid"]]
        branch = [one for one in reversed(record.pipelines) if one["sha"] == commit and one["ref"] == request["source_branch"]]
        return next(iter(own + branch), None)

    def set_pipeline(self, record, pipeline, status):
        """A pipeline's new status; merge requests that waited for it are merged."""
        pipeline["status"], pipeline["updated_at"] = status, now()
        for request in record.merge_requests:
            if request["state"] == "opened" and request["auto_merge"] and self.head_pipeline(record, request) is pipeline:
                if status == "success" and merging.status(self, record, request) == "mergeable":
                    merging.merge(self, record, request, request["auto_merge"]["user"], request["auto_merge"])
                elif status in ("failed", "canceled"):
                    request["auto_merge"] = None
