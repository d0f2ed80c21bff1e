"""Self-checks: GitLab's REST interface, what bears projects and their files, one family each."""

import base64
import urllib.parse

from checks import control, expect, random_name, run
from checks_api import Api, address, commit, new_project, someone, with_commit
from client import URL


def check_rest_projects(bench):
    api = Api()
    project = new_project(api, visibility="internal", topics=["one"], default_branch="trunk")
    expect(project["empty_repo"] and project["default_branch"] is None and project["topics"] == ["one"], project)
    again = api.json("POST", "projects", {"name": "app", "namespace_id": project["namespace"]["id"]}, status=400)["message"]
    expect(again["path"] == ["has already been taken"] and again["limit_reached"] == [], again)
    public = api.json("POST", "projects", {"name": "b", "namespace_id": project["namespace"]["id"], "visibility": "public"}, status=400)
    expect("visibility_level" in public["message"], public)
    reserved = api.json("POST", "projects", {"name": "tree", "namespace_id": project["namespace"]["id"]}, status=400)
    expect(reserved["message"]["path"] == ["tree is a reserved name"], reserved)
    expect(api.json("POST", "projects", {}, status=400) == {"error": "name is missing, path is missing"}, "nothing at all")
    expect(api.json("POST", "projects", {"name": "x", "namespace_id": 99999999}, status=404) == {"message": "404 Namespace Not Found"},
           "404")
    name = urllib.parse.quote(project["path_with_namespace"], "")
    api("PUT", f"projects/{name}", {"merge_method": "ff", "build_timeout": 7200}, status=200)
    changed = api.json("GET", f"projects/{name}?", status=200)
    expect((changed["merge_method"], changed["build_timeout"]) == ("ff", 7200), changed)
    control("POST", "project", {"path": project["path_with_namespace"], "moved_from": "check/old-" + str(project["id"])})
    moved = api("GET", f"projects/check%2Fold-{project['id']}/variables?page=1", status=301)
    expect(moved.headers["Location"] == f"{URL}/api/v4/projects/{project['id']}/variables?page=1", moved.headers["Location"])
    api("DELETE", f"projects/{name}", status=202)
    expect(api.json("GET", f"projects/{name}")["marked_for_deletion_on"], "not marked")
    api("POST", "projects", {"name": "app", "namespace_id": project["namespace"]["id"]}, status=400)
    expect(api.json("GET", "no/such/place", status=404) == {"error": "404 Not Found"}, "an unknown place")


def check_rest_commits(bench):
    api = Api()
    project = new_project(api)
    path = f"projects/{project['id']}"
    expect(api.json("GET", f"{path}/repository/tree", status=404) == {"message": "404 Tree Not Found"}, "the tree of nothing")
    commit(api, path, "main", [{"action": "update", "file_path": "a", "content": "x"}], status=400)
    first = commit(api, path, "main", [{"action": "create", "file_path": "a/b.sh", "content": base64.b64encode(b"\0\xff").decode(),
                                        "encoding": "base64", "execute_filemode": True}])
    expect(api.json("GET", f"{path}/protected_branches")[0]["push_access_levels"][0]["access_level"] == 40, "main is not protected")
    expect(api.json("GET", path)["default_branch"] == "main", "no default branch")
    head = api("HEAD", f"{path}/repository/files/a%2Fb.sh?ref=main", status=200)
    expect(head.headers["X-Gitlab-Execute-Filemode"] == "true" and head.headers["X-Gitlab-Last-Commit-Id"] == first["id"], head.headers)
    expect(api("GET", f"{path}/repository/files/a%2Fb.sh/raw?ref=main").body == b"\0\xff", "the bytes")
    for action, text in (({"action": "create", "file_path": "a/b.sh"}, "already exists"),
                         ({"action": "delete", "file_path": "no"}, "doesn't exist"),
                         ({"action": "update", "file_path": "a/b.sh", "content": "x", "last_commit_id": "0" * 40},
                          "has changed since you started"),
                         ({"action": "create", "file_path": "../x"}, "directory traversal")):
        said = commit(api, path, "main", [action], status=400)["message"]
        expect(text in said, said)
    expect("on a branch" in commit(api, path, "other", [], status=400).get("message", "on a branch"), "no branch")
    expect("on a branch" in commit(api, path, "other", [{"action": "create", "file_path": "x"}], status=400)["message"], "no branch")
    moved = commit(api, path, "side", [{"action": "move", "file_path": "c.sh", "previous_path": "a/b.sh"},
                                       {"action": "chmod", "file_path": "c.sh", "execute_filemode": False}], start_branch="main")
    expect(moved["parent_ids"] == [first["id"]], moved)
    tree = api.json("GET", f"{path}/repository/tree?ref=side&recursive=true")
    expect([(one["path"], one["mode"]) for one in tree] == [("c.sh", "100644")], tree)
    anew = commit(api, path, "side", [{"action": "create", "file_path": "d", "content": "d"}], start_sha=first["id"], force=True)
    expect(anew["parent_ids"] == [first["id"]], "the branch was not made anew")
    same = commit(api, path, "side", [{"action": "update", "file_path": "d", "content": "d"}])
    expect(same["stats"]["total"] == 0 and same["parent_ids"] == [anew["id"]], "unchanged content makes a commit too")
    compared = api.json("GET", f"{path}/repository/compare?from=main&to=side", status=200)
    expect([one["new_path"] for one in compared["diffs"]] == ["d"] and len(compared["commits"]) == 2, compared)


def check_rest_branches_and_tags(bench):
    api = Api()
    _, path = with_commit(api)
    api("POST", f"{path}/repository/branches?branch=a/b&ref=main", status=201)
    expect(api.json("POST", f"{path}/repository/branches", {"branch": "a/b", "ref": "main"},
                    status=400)["message"] == "Branch already exists", "twice")
    api("GET", f"{path}/repository/branches/a%2Fb", status=200)
    api("POST", f"{path}/protected_branches", {"name": "a/*"}, status=201)
    api("DELETE", f"{path}/repository/branches/a%2Fb", status=403)
    api("DELETE", f"{path}/protected_branches/a%2F%2A", status=204)
    api("DELETE", f"{path}/repository/branches/a%2Fb", status=204)
    api("POST", f"{path}/repository/tags?tag_name=v1&ref=main&message=One", status=201)
    expect(api.json("POST", f"{path}/repository/tags?tag_name=v1&ref=main", status=400)["message"] == "Tag v1 already exists", "twice")
    expect(api.json("GET", f"{path}/repository/tags/v1")["message"] == "One", "the tag's message")


def check_rest_variables(bench):
    api = Api()
    path = f"projects/{new_project(api)['id']}/variables"
    api("POST", path, {"key": "A", "value": "12345678", "masked": True}, status=201)
    for body, message in (({"key": "A", "value": "x"}, {"key": ["(A) has already been taken"]}),
                          ({"key": "B", "value": "short", "masked": True}, {"value": ["is invalid"]}),
                          ({"key": "B", "value": "with $ inside", "masked": True}, {"value": ["is invalid"]}),
                          ({"key": "B-", "value": "x"}, {"key": ["can contain only letters, digits and '_'."]})):
        expect(api.json("POST", path, body, status=400)["message"] == message, body)
    api("POST", path, {"key": "B", "value": "x" * 10001}, status=400)
    api("POST", path, {"key": "R", "value": "pa$$w0rd!", "masked": True, "raw": True}, status=201)
    api("POST", path, {"key": "A", "value": "y", "environment_scope": "prod"}, status=201)
    expect("filter[environment_scope]" in api.json("GET", f"{path}/A", status=409)["message"], "two of a kind")
    api("PUT", f"{path}/A?filter%5Benvironment_scope%5D=prod", {"value": "z"}, status=200)
    expect(api.json("GET", f"{path}/A?filter[environment_scope]=prod")["value"] == "z", "the other was changed")
    hidden = api.json("POST", path, {"key": "H", "value": "12345678", "masked_and_hidden": True}, status=201)
    expect((hidden["hidden"], hidden["masked"], hidden["value"]) == (True, True, None), hidden)
    api("DELETE", f"{path}/H", status=204)
    expect(api.json("GET", f"{path}/H", status=404) == {"message": "404 Variable Not Found"}, "it is still there")


def check_rest_protections(bench):
    api = Api()
    project, path = with_commit(api)
    expect(api.json("POST", f"{path}/protected_branches", {"name": "main"},
                    status=409)["message"] == "Protected branch 'main' already exists", "409")
    level = api.json("GET", f"{path}/protected_branches/main")["push_access_levels"][0]["id"]
    changed = api.json("PATCH", f"{path}/protected_branches/main",
                       {"allowed_to_push": [{"id": level, "_destroy": True}, {"access_level": 0}]}, status=200)
    expect([one["access_level"] for one in changed["push_access_levels"]] == [0], changed)
    said = commit(api, path, "main", [{"action": "create", "file_path": "x"}], status=403)
    expect(said == {"message": "You are not allowed to push into this branch"}, said)
    api("POST", f"{path}/protected_tags", {"name": "v*"}, status=201)
    api("POST", f"{path}/protected_tags", {"name": "v*"}, status=409)
    environment = api.json("POST", f"{path}/environments", {"name": "prod/eu"}, status=201)
    expect(api.json("POST", f"{path}/environments", {"name": "prod/eu"}, status=400)["message"] == {"name": ["has already been taken"]},
           "twice")
    api("DELETE", f"{path}/environments/{environment['id']}", status=403)
    api("POST", f"{path}/environments/{environment['id']}/stop", status=200)
    api("DELETE", f"{path}/environments/{environment['id']}", status=204)
    body = {"name": "prod", "deploy_access_levels": [{"access_level": 40}]}
    api("POST", f"{path}/protected_environments", body, status=201)
    api("POST", f"{path}/protected_environments", body, status=409)
    api("POST", f"{path}/push_rule", {"commit_message_regex": "^[A-Z]"}, status=201)
    api("POST", f"{path}/push_rule", {}, status=422)
    try:
        control("POST", "edition", {"enterprise": False})
        api("GET", f"{path}/protected_environments", status=404)
        expect(api.json("GET", "metadata")["enterprise"] is False, "still enterprise")
    finally:
        control("POST", "edition", {"enterprise": True})
    developer = someone(project, 30)
    target = bench.path(random_name("clone"))
    run("git", "clone", "-q", address(project, "x", developer), target)
    git = ("git", "-C", target, "-c", "user.name=c", "-c", "user.email=c@bench.test")
    run(*git, "commit", "-q", "--allow-empty", "-m", "Try")
    expect("not allowed to push code to protected branches" in run(*git, "push", "origin", "HEAD:main", ok=False), "main was pushed to")
    run(*git, "push", "-q", "origin", "HEAD:free")
    api("POST", f"{path}/protected_branches", {"name": "free", "push_access_level": 30}, status=201)
    run(*git, "commit", "-q", "--amend", "--allow-empty", "-m", "Again")
    expect("force push" in run(*git, "push", "-f", "origin", "HEAD:free", ok=False), "a protected branch was forced")
    expect(api.json("GET", f"{path}/pipelines?ref=free")[0]["source"] == "push", "no pipeline of the push")
