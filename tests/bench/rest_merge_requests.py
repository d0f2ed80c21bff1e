"""REST: merge requests and their notes."""

import merging
import protection
from calls import DEVELOPER, REPORTER, Page, Wrong, forbidden, now, route
from rest_ci import details, show as show_pipeline
from rest_repository import diffs, log, show_commit

FIELDS = ("iid", "title", "description", "state", "source_branch", "target_branch", "squash", "squash_commit_sha", "merge_commit_sha",
          "force_remove_source_branch", "created_at", "updated_at", "merged_at", "closed_at", "discussion_locked")


def person(call, username):
    return call.world.users[username].describe(call.origin) if username else None


def describe(call, record, request):
    """As lists show it."""
    source, project = merging.heads(record, request)[0], record.project
    status = merging.status(call.world, record, request)
    reference = f"!{request['iid']}"
    return {
        "id": request["id"], "project_id": project.number, **{name: request[name] for name in FIELDS}, "labels": request["labels"],
        "author": person(call, request["author"]), "assignees": request["assignees"], "assignee": None, "reviewers": request["reviewers"],
        "merged_by": person(call, request["merged_by"]),
        "merge_user": person(call, request["merged_by"] or (request["auto_merge"] or {}).get("user")),
        "closed_by": None, "source_project_id": project.number, "target_project_id": project.number,
        "draft": merging.is_draft(request["title"]),
        "work_in_progress": merging.is_draft(request["title"]), "milestone": None, "imported": False, "imported_from": "none",
        "merge_when_pipeline_succeeds": bool(request["auto_merge"]), "detailed_merge_status": status,
        "merge_status": "can_be_merged"
        if status in ("mergeable", "not_open", "ci_must_pass", "ci_still_running", "draft_status", "need_rebase")
        else "cannot_be_merged", "has_conflicts": status == "conflict", "sha": source or request["sha"],
        "prepared_at": request["created_at"],
        "should_remove_source_branch": None, "squash_on_merge": request["squash"], "user_notes_count": len(request["notes"]), "upvotes": 0,
        "downvotes": 0, "blocking_discussions_resolved": True, "allow_collaboration": False,
        "reference": reference, "references": {"short": reference, "relative": reference, "full": project.path + reference},
        "web_url": f"{call.origin}/{project.path}/-/merge_requests/{request['iid']}",
        "task_completion_status": {"count": 0, "completed_count": 0}, "time_stats": {"time_estimate": 0, "total_time_spent": 0}}


def describe_fully(call, request):
    """As a look at one shows it."""
    record, project = call.record, call.project
    source, target = merging.heads(record, request)
    if request["state"] == "merged":
        source, target = request["sha"], request["base"]
    base = project.git("merge-base", source, target, check=False).decode().strip() if source and target else None
    changed = len(diffs(project, base, source)) if base and source else None
    pipeline = call.world.head_pipeline(record, request)
    return {**describe(call, record, request), "head_pipeline": pipeline and details(call, record, pipeline),
            "pipeline": pipeline and show_pipeline(call, record, pipeline), "changes_count": None if changed is None else str(changed),
            "diff_refs": {"base_sha": base, "head_sha": source, "start_sha": target}, "subscribed": True, "diverged_commits_count": 0,
            "rebase_in_progress": False, "merge_error": None, "first_contribution": False, "latest_build_started_at": None,
            "latest_build_finished_at": None, "first_deployed_to_production_at": None, "user": {"can_merge": protection.may_merge(
                call.world, call.user, record, request["target_branch"])}}


def find(call):
    number = call.id("iid")
    for one in call.record.merge_requests:
        if one["iid"] == number:
            return one
    raise Wrong(404, "404 Not found")


def listing(call, pairs):
    """Pairs of record and merge request, by the filters that all lists have."""
    state = call.one_of("state", ("opened", "closed", "locked", "merged", "all"), "all")
    for name in ("source_branch", "target_branch"):
        if call.get(name):
            pairs = [one for one in pairs if one[1][name] == call.text(name)]
    if state != "all":
        pairs = [one for one in pairs if one[1]["state"] == state]
    if call.get("labels"):
        wanted = set(call.list("labels"))
        pairs = [one for one in pairs if ("Any" in wanted and one[1]["labels"]) or wanted <= set(one[1]["labels"])]
    if call.text("scope") in ("created_by_me", "created-by-me"):
        pairs = [one for one in pairs if one[1]["author"] == call.user.username]
    elif call.text("scope") in ("assigned_to_me", "assigned-to-me"):
        pairs = []
    if call.get("author_username"):
        pairs = [one for one in pairs if one[1]["author"] == call.text("author_username")]
    if call.get("search"):
        pairs = [one for one in pairs if call.text("search").lower() in f"{one[1]['title']} {one[1]['description']}".lower()]
    if call.get("iids"):
        pairs = [one for one in pairs if str(one[1]["iid"]) in [str(number) for number in call.list("iids")]]
    upward = call.one_of("sort", ("asc", "desc"), "desc") == "asc"
    name = "updated_at" if call.text("order_by") == "updated_at" else "id"
    return Page(sorted(pairs, key=lambda one: (one[1][name], one[1]["id"]), reverse=not upward), lambda one: describe(call, *one))


@route("GET", "projects/:project/merge_requests", code=True)
def merge_requests(call):
    return listing(call, [(call.record, one) for one in call.record.merge_requests])


@route("GET", "groups/:group/merge_requests")
def group_merge_requests(call):
    return listing(call, [(record, one) for record in call.world.all_records() if record.project.path.startswith(call.group.path + "/")
                          and call.world.reads_code(call.user, record) for one in record.merge_requests])


@route("GET", "merge_requests")
def all_merge_requests(call):
    call.parameters.setdefault("scope", "created_by_me")
    return listing(call, [(record, one) for record in call.world.all_records() if call.world.reads_code(call.user, record)
                          for one in record.merge_requests])


@route("GET", "projects/:project/merge_requests/:iid", code=True)
def merge_request(call):
    return describe_fully(call, find(call))


@route("POST", "projects/:project/merge_requests", role=DEVELOPER, frozen=True)
def create_merge_request(call):
    source, target, title = call.need("source_branch", "target_branch", "title")
    record, branches = call.record, call.project.branches()
    if not record.settings["merge_requests_enabled"] or record.settings["merge_requests_access_level"] == "disabled":
        raise forbidden()
    if source == target:
        raise Wrong(400, ["You can't use same project/branch for source and target"])
    for side, name in (("source", source), ("target", target)):
        if name not in branches:
            raise Wrong(400, [f"{side.title()} branch \"{name}\" does not exist"])
    for one in record.merge_requests:
        if one["state"] == "opened" and (one["source_branch"], one["target_branch"]) == (source, target):
            raise Wrong(409, [f"Another open merge request already exists for this source branch: !{one['iid']}"])
    stamp = now()
    request = {"id": call.world.number("merge_request"), "iid": next(record.iids["merge_request"]), "title": title,
               "description": call.get("description"), "state": "opened", "source_branch": source, "target_branch": target,
               "labels": sorted(call.list("labels")),
               "squash": call.flag("squash", record.settings["squash_option"] in ("always", "default_on")),
               "force_remove_source_branch": call.flag("remove_source_branch", False), "created_at": stamp, "updated_at": stamp,
               "merged_at": None, "closed_at": None, "squash_commit_sha": None, "merge_commit_sha": None, "discussion_locked": None,
               "author": call.user.username, "merged_by": None, "auto_merge": None, "sha": branches[source], "base": branches[target],
               "notes": [], "assignees": people(call, "assignee"), "reviewers": people(call, "reviewer")}
    record.merge_requests.append(request)
    call.world.add_merge_request_pipeline(record, request, call.user)
    return 201, describe_fully(call, request)


def people(call, kind):
    numbers = {str(one) for one in call.list(f"{kind}_ids") or [call.get(f"{kind}_id")]}
    return [one.describe(call.origin) for one in call.world.users.values() if str(one.number) in numbers]


@route("PUT", "projects/:project/merge_requests/:iid", role=DEVELOPER, frozen=True)
def edit_merge_request(call):
    request, record = find(call), call.record
    event = call.one_of("state_event", ("close", "reopen"))
    known = ("title", "description", "labels", "add_labels", "remove_labels", "squash", "remove_source_branch", "target_branch",
             "assignee_id", "assignee_ids", "reviewer_ids", "state_event", "discussion_locked", "milestone_id", "allow_collaboration")
    if not any(call.has(name) for name in known):
        raise Wrong(400, error=", ".join(known) + " are missing, at least one parameter must be provided")
    if event == "reopen" and request["state"] == "closed":
        twin = [one for one in record.merge_requests if one["state"] == "opened" and one["source_branch"] == request["source_branch"]
                and one["target_branch"] == request["target_branch"]]
        if twin:
            raise Wrong(409, [f"Another open merge request already exists for this source branch: !{twin[0]['iid']}"])
        request.update(state="opened", closed_at=None)
    elif event == "close" and request["state"] == "opened":
        request.update(state="closed", closed_at=now(), auto_merge=None)
    for name in ("title", "description", "target_branch"):
        if call.has(name):
            request[name] = call.get(name)
    if call.has("labels"):
        request["labels"] = sorted(call.list("labels"))
    request["labels"] = sorted((set(request["labels"]) | set(call.list("add_labels"))) - set(call.list("remove_labels")))
    request["squash"] = call.flag("squash", request["squash"])
    request["force_remove_source_branch"] = call.flag("remove_source_branch", request["force_remove_source_branch"])
    for kind in ("assignee", "reviewer"):
        if call.has(f"{kind}_ids") or call.has(f"{kind}_id"):
            request[kind + "s"] = people(call, kind)
    request["updated_at"] = now()
    return describe_fully(call, request)


@route("DELETE", "projects/:project/merge_requests/:iid", role=50, frozen=True)
def delete_merge_request(call):
    call.record.merge_requests.remove(find(call))


@route("PUT", "projects/:project/merge_requests/:iid/merge", role=DEVELOPER, frozen=True)
def merge(call):
    request, record, world = find(call), call.record, call.world
    if not protection.may_merge(world, call.user, record, request["target_branch"]):
        raise Wrong(401, "401 Unauthorized")
    later = call.flag("auto_merge", False) or call.flag("merge_when_pipeline_succeeds", False)
    status, pipeline = merging.status(world, record, request), world.head_pipeline(record, request)
    waits = later and pipeline and pipeline["status"] in ("created", "waiting_for_resource", "preparing", "pending", "running", "scheduled")
    if request["state"] != "opened" or merging.is_draft(request["title"]):
        raise Wrong(405, "405 Method Not Allowed")
    if later and not waits and not (pipeline and pipeline["status"] == "success"):
        raise Wrong(405, "405 Method Not Allowed")
    if status != "mergeable" and not (waits and status == "ci_still_running"):
        raise Wrong(405, "405 Method Not Allowed")
    head = merging.heads(record, request)[0]
    if call.get("sha") and call.text("sha") != head:
        raise Wrong(409, f"SHA does not match HEAD of source branch: {head}")
    options = {"squash": call.flag("squash"), "merge_commit_message": call.get("merge_commit_message"),
               "squash_commit_message": call.get("squash_commit_message"),
               "should_remove_source_branch": call.flag("should_remove_source_branch"), "user": call.user.username}
    if waits:
        request.update(auto_merge=options, updated_at=now())
    else:
        merging.merge(world, record, request, call.user.username, options)
    return describe_fully(call, request)


@route("POST", "projects/:project/merge_requests/:iid/cancel_merge_when_pipeline_succeeds", role=DEVELOPER, frozen=True)
def cancel_auto_merge(call):
    request = find(call)
    if not request["auto_merge"]:
        raise Wrong(406, "406 Not Acceptable")
    request["auto_merge"] = None
    return 201, describe_fully(call, request)


@route("GET", "projects/:project/merge_requests/:iid/pipelines", code=True)
def pipelines_of(call):
    request = find(call)
    return Page([one for one in call.world.matching_pipelines(call.record, ref=request["source_branch"])],
                lambda one: show_pipeline(call, call.record, one))


@route("GET", "projects/:project/merge_requests/:iid/commits", code=True)
def commits_of(call):
    request = find(call)
    source, target = merging.heads(call.record, request)
    if request["state"] == "merged":
        source, target = request["sha"], request["base"]
    return Page([show_commit(call, one) for one in log(call.project, f"{target}..{source}")] if source and target else [])


@route("GET", "projects/:project/merge_requests/:iid/diffs", code=True)
def diffs_of(call):
    request = find(call)
    source, target = merging.heads(call.record, request)
    if request["state"] == "merged":
        source, target = request["sha"], request["base"]
    base = call.project.git("merge-base", source, target, check=False).decode().strip() if source and target else None
    return Page(diffs(call.project, base, source) if base else [])


@route("GET", "projects/:project/merge_requests/:iid/notes", code=True)
def notes(call):
    items = find(call)["notes"]
    return Page(items if call.text("sort") == "asc" else items[::-1])


@route("POST", "projects/:project/merge_requests/:iid/notes", role=REPORTER, frozen=True)
def create_note(call):
    request, body = find(call), call.need("body")
    stamp = now()
    note = {"id": call.world.number("note"), "type": None, "body": body, "author": call.user.describe(call.origin), "created_at": stamp,
            "updated_at": stamp, "system": False, "noteable_id": request["id"], "noteable_type": "MergeRequest",
            "noteable_iid": request["iid"],
            "project_id": call.project.number, "resolvable": False, "confidential": False, "internal": call.flag("internal", False)}
    request["notes"].append(note)
    return 201, note


@route("PUT", "projects/:project/merge_requests/:iid/notes/:note", role=REPORTER, frozen=True)
def edit_note(call):
    note = call.found(find(call)["notes"], "note", "Note")
    note.update(body=call.need("body"), updated_at=now())
    return note
