"""Self-checks: GitLab's REST interface, merge requests, tokens, scopes, pages, forms, faults; and a client that is not ours."""

import datetime
import json
import os
import time
import urllib.parse

from checks import PERSONAL, Client, control, expect, run
from checks_api import Api, address, commit, new_group, new_project, someone, with_commit
from client import URL

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drive_python_gitlab.py")


def check_rest_merge_requests(bench):
    api = Api()
    project, path = with_commit(api)
    side = commit(api, path, "side", [{"action": "create", "file_path": "x", "content": "x"}], start_branch="main")
    body = {"source_branch": "side", "target_branch": "main", "title": "Sync", "labels": "a,b", "remove_source_branch": True}
    request = api.json("POST", f"{path}/merge_requests", body, status=201)
    expect(request["detailed_merge_status"] == "mergeable" and request["changes_count"] == "1" and request["labels"] == ["a", "b"], request)
    expect(request["head_pipeline"]["source"] == "merge_request_event" and request["diff_refs"]["head_sha"] == side["id"], request)
    twice = api.json("POST", f"{path}/merge_requests", body, status=409)["message"]
    expect(twice == [f"Another open merge request already exists for this source branch: !{request['iid']}"], twice)
    group = project["namespace"]["id"]
    for state, count in (("opened", 1), ("closed", 0)):
        found = api.json("GET", f"groups/{group}/merge_requests?state={state}&source_branch=side&labels=a&scope=all", status=200)
        expect(len(found) == count, found)
    api("POST", f"{path}/merge_requests/1/notes", {"body": "Hello"}, status=201)
    api("PUT", f"{path}/merge_requests/1", {"state_event": "close"}, status=200)
    api("PUT", f"{path}/merge_requests/1/merge", {}, status=405)
    api("PUT", f"{path}/merge_requests/1", {"state_event": "reopen"}, status=200)
    api("PUT", f"{path}/merge_requests/1/merge", {"sha": "0" * 40}, status=409)
    waits = api.json("PUT", f"{path}/merge_requests/1/merge", {"sha": side["id"], "auto_merge": True}, status=200)
    expect(waits["state"] == "opened" and waits["merge_when_pipeline_succeeds"], waits)
    control("POST", "pipeline", {"project": project["path_with_namespace"], "ref": "side", "status": "success"})
    merged = api.json("GET", f"{path}/merge_requests/1")
    made = api.json("GET", f"{path}/repository/commits/{merged['merge_commit_sha']}")
    expect(merged["state"] == "merged" and made["parent_ids"][1] == side["id"], merged)
    api("GET", f"{path}/repository/branches/side", status=404)
    for branch, text in (("one", "1"), ("two", "2")):
        commit(api, path, branch, [{"action": "create", "file_path": "same", "content": text}], start_branch="main")
        api("POST", f"{path}/merge_requests", {"source_branch": branch, "target_branch": "main", "title": branch}, status=201)
    api("PUT", f"{path}/merge_requests/2/merge", {}, status=200)
    expect(api.json("GET", f"{path}/merge_requests/3")["detailed_merge_status"] == "conflict", "no conflict")
    api("PUT", f"{path}/merge_requests/3/merge", {}, status=405)


def check_rest_tokens(bench):
    api = Api()
    project, path = with_commit(api)
    body = {"name": "bot", "scopes": ["api"], "access_level": 40}
    expect(api.json("POST", f"{path}/access_tokens", body, status=400) == {"error": "expires_at is missing"}, "no end")
    day = datetime.datetime.now(datetime.timezone.utc).date()
    api("POST", f"{path}/access_tokens", {**body, "expires_at": str(day + datetime.timedelta(days=367))}, status=400)
    token = api.json("POST", f"{path}/access_tokens", {**body, "expires_at": str(day + datetime.timedelta(days=30))}, status=201)
    expect("token" not in api.json("GET", f"{path}/access_tokens")[0], "the value is shown again")
    bot = Api(token["token"])
    expect(bot.json("GET", "user")["username"].startswith(f"project_{project['id']}_bot"), "not a bot")
    run("git", "ls-remote", address(project, "x", token["token"]))
    new = api.json("POST", f"{path}/access_tokens/{token['id']}/rotate", status=200)
    expect(bot.json("GET", "user", status=401) == {"message": "401 Unauthorized"}, "the old one lives")
    Api(new["token"])("GET", "personal_access_tokens/self", status=200)
    api("DELETE", f"{path}/access_tokens/{new['id']}", status=204)
    deploy = api.json("POST", f"{path}/deploy_tokens", {"name": "d", "scopes": ["read_repository"]}, status=201)
    run("git", "ls-remote", address(project, urllib.parse.quote(deploy["username"]), deploy["token"]))
    other = new_project(api)
    api("PATCH", f"{path}/job_token_scope", {"enabled": False}, status=204)
    targets = {"allowlist": {"target_project_id": other["id"]}, "groups_allowlist": {"target_group_id": other["namespace"]["id"]}}
    for name, target in targets.items():
        api("POST", f"{path}/job_token_scope/{name}", target, status=201)
        api("POST", f"{path}/job_token_scope/{name}", target, status=422)
    runner = api.json("POST", "user/runners", {"runner_type": "project_type", "project_id": project["id"], "tag_list": "a,b"}, status=201)
    api("POST", f"projects/{other['id']}/runners", {"runner_id": runner["id"]}, status=201)
    api("POST", f"projects/{other['id']}/runners", {"runner_id": runner["id"]}, status=400)


def check_rest_scopes_and_roles(bench):
    project, path = with_commit(Api())
    reader, guest, stranger = (Api(someone(project, level, scopes)) for level, scopes in ((40, ["read_api"]), (10, ["api"]), (0, ["api"])))
    said = reader.json("POST", f"{path}/variables", {"key": "A", "value": "x"}, status=403)
    expect(said["error"] == "insufficient_scope" and said["scope"] == "api" and "message" not in said, said)
    reader("GET", f"{path}/variables", status=200)
    expect(guest.json("GET", f"{path}/variables", status=403) == {"message": "403 Forbidden"}, "a guest")
    expect(stranger.json("GET", path, status=404) == {"message": "404 Project Not Found"}, "a stranger")
    for more in ({"expires_at": "2020-01-01"}, {"revoked": True}):
        Api(someone(project, 40, **more))("GET", "user", status=401)
    runner = {"runner_type": "project_type", "project_id": project["id"]}
    Api(someone(project, 40, ["create_runner"]))("POST", "user/runners", runner, status=201)
    bearer = Client().call("GET", "/api/v4/user", headers={"Authorization": f"Bearer {PERSONAL}"})
    expect(bearer.status == 200, "a bearer")


def check_rest_pages(bench):
    api = Api()
    group = new_group()
    for number in range(5):
        api("POST", "projects", {"name": f"p{number}", "namespace_id": group["id"]}, status=201)
    second = api("GET", f"groups/{group['id']}/projects?per_page=2&page=2", status=200)
    headers = [second.headers[name] for name in ("x-page", "x-per-page", "x-next-page", "x-prev-page", "x-total", "x-total-pages")]
    expect(headers == ["2", "2", "3", "1", "5", "3"] and len(second.json()) == 2, headers)
    place, names = f"groups/{group['id']}/projects?pagination=keyset&order_by=id&sort=asc&per_page=2", []
    while place:
        page = api("GET", place, status=200)
        expect("x-total" not in page.headers, "a keyset page has a total")
        names += [one["name"] for one in page.json()]
        link = page.headers.get("Link", "")
        place = link[1:link.index(">")].partition("/api/v4/")[2] if 'rel="next"' in link else None
    expect(names == [f"p{number}" for number in range(5)], names)


def check_rest_forms(bench):
    api = Api()
    path = f"projects/{new_project(api)['id']}"
    form = [("branch", "main"), ("commit_message", "Form")]
    for name, mode in (("one", "true"), ("two", "false")):
        fields = {"action": "create", "file_path": name, "content": name, "execute_filemode": mode}
        form += [(f"actions[][{field}]", value) for field, value in fields.items()]
    api("POST", f"{path}/repository/commits?", form=form, status=201)
    tree = api.json("GET", f"{path}/repository/tree?")
    expect([(one["path"], one["mode"]) for one in tree] == [("one", "100755"), ("two", "100644")], tree)
    form = [("name", "release/*"), *(("allowed_to_push[][access_level]", level) for level in ("30", "40")), ("allow_force_push", "true")]
    made = api.json("POST", f"{path}/protected_branches", form=form, status=201)
    expect([one["access_level"] for one in made["push_access_levels"]] == [30, 40] and made["allow_force_push"], made)
    edited = api.json("PUT", path, form=[("topics[]", "a"), ("topics[]", "b"), ("packages_enabled", "false")], status=200)
    expect(edited["topics"] == ["a", "b"] and edited["packages_enabled"] is False, edited)


def check_rest_faults_after_the_effect(bench):
    api = Api()
    path = f"projects/{new_project(api)['id']}/hooks"
    rules = [{"match": "^POST .*/hooks", "times": 1, "after": "drop"},
             {"match": "^POST .*/hooks", "times": 1, "after": {"status": 502, "body": "<html>Bad Gateway</html>"}}]
    try:
        bench("fault", "gitlab", "-", input=json.dumps(rules).encode())
        try:
            Api()("POST", path, {"url": "https://one.test/"})
            raise AssertionError("the call was answered")
        except OSError:
            pass
        broken = api("POST", path, {"url": "https://two.test/"}, status=502)
        expect(broken.headers["Content-Type"] == "text/html" and b"<html>" in broken.body, broken.body)
        expect(len(api.json("GET", path)) == 2, "the calls had no effect")
    finally:
        bench("fault", "gitlab", "clear")


def check_rest_limits(bench):
    api = Api()
    try:
        control("POST", "limits", {"requests": 2, "per_secs": 30})
        answers = [api("GET", "version") for _ in range(3)]
        expect([one.status for one in answers] == [200, 200, 429], [one.status for one in answers])
        expect(answers[2].body.strip() == b"Retry later" and 1 <= int(answers[2].headers["Retry-After"]) <= 31, answers[2].body)
        expect(answers[2].headers["RateLimit-Remaining"] == "0", answers[2].headers)
    finally:
        control("POST", "limits", {"requests": None})
    api("GET", "version", status=200)


def check_rest_state_is_stable(bench):
    api = Api()
    project, _ = with_commit(api)
    one, other = (control("GET", "state?stable=1") for _ in range(2))
    expect(one == other, "two looks differ")
    state = one["projects"][project["path_with_namespace"]]
    expect(state["branches"]["main"]["commits"] == ["Change"], state)
    expect(state["pipelines"] == [{"ref": "main", "source": "push", "status": "created"}], state)
    line = [entry for entry in bench.journal("gitlab") if entry.get("project") == project["path_with_namespace"]][-1]
    expect(line["user"] == "root", line)


def check_python_gitlab_drives_it(bench):
    started = time.time()
    group = new_group()
    output = run(os.environ["BENCH_GITLAB_PYTHON"], "-I", "-B", DRIVER, URL, PERSONAL, group["path"])
    expect(output.endswith("done\n"), output)
    expect(time.time() - started < 30, "too slow")
