"""REST: webhooks and badges."""

import re
import urllib.parse

from calls import MAINTAINER, Page, Wrong, now, route

EVENTS = {**dict.fromkeys(("push_events", "enable_ssl_verification"), True), **dict.fromkeys((
    "tag_push_events", "merge_requests_events", "repository_update_events", "issues_events", "confidential_issues_events", "note_events",
    "confidential_note_events", "pipeline_events", "wiki_page_events", "deployment_events", "feature_flag_events", "job_events",
    "releases_events", "emoji_events", "milestone_events", "resource_access_token_events", "vulnerability_events"), False)}
TEXTS = {"name": "", "description": "", "push_events_branch_filter": "", "branch_filter_strategy": "wildcard",
         "custom_webhook_template": ""}


def show_hook(hook):
    return {name: value for name, value in hook.items() if name != "token"}


def hook_fields(call, before):
    url = call.text("url", before.get("url"))
    if not re.match(r"https?://[^\s/]", url or ""):
        raise Wrong(422, "Invalid url given")
    if re.match(r"https?://(localhost|127\.|0\.0\.0\.0|\[::1\]|169\.254\.)", url):
        raise Wrong(422, "Invalid url given")
    result = {**before, "url": url, "token": call.get("token", before.get("token"))}
    result.update((name, call.flag(name, before.get(name, default))) for name, default in EVENTS.items())
    result.update((name, call.text(name, before.get(name, default))) for name, default in TEXTS.items())
    for name in ("custom_headers", "url_variables"):
        given = call.get(name)
        result[name] = [{"key": one["key"]} for one in given] if given is not None else before.get(name, [])
    return result


@route("GET", "projects/:project/hooks", role=MAINTAINER)
def hooks(call):
    return Page(call.record.hooks, show_hook)


@route("GET", "projects/:project/hooks/:hook", role=MAINTAINER)
def hook(call):
    return show_hook(call.found(call.record.hooks, "hook", "Project Hook"))


@route("POST", "projects/:project/hooks", role=MAINTAINER)
def create_hook(call):
    call.need("url")
    new = hook_fields(call, {"id": call.world.number("hook"), "project_id": call.project.number, "created_at": now(),
                             "alert_status": "executable", "disabled_until": None})
    call.record.hooks.append(new)
    return 201, show_hook(new)


@route("PUT", "projects/:project/hooks/:hook", role=MAINTAINER)
def edit_hook(call):
    one = call.found(call.record.hooks, "hook", "Project Hook")
    one.update(hook_fields(call, one))
    return show_hook(one)


@route("DELETE", "projects/:project/hooks/:hook", role=MAINTAINER)
def delete_hook(call):
    call.record.hooks.remove(call.found(call.record.hooks, "hook", "Project Hook"))


# ---- badges -----------------------------------------------------------------------------------------------------------

def rendered(call, text):
    project = call.project
    values = {"project_path": project.path, "project_title": call.record.title, "project_name": project.name, "project_id": project.number,
              "project_namespace": project.namespace, "group_name": project.namespace,
              "gitlab_server": urllib.parse.urlsplit(call.origin).netloc,
              "gitlab_pages_domain": "example.com", "default_branch": project.default_branch,
              "commit_sha": project.commit_id(project.default_branch) or "", "latest_tag": next(reversed(project.refs("refs/tags/")), "")}
    return re.sub(r"%\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), text)


def show_badge(call):
    return lambda one: {**one, "rendered_link_url": rendered(call, one["link_url"]), "rendered_image_url": rendered(call, one["image_url"]),
                        "kind": "project"}


def check_urls(call):
    for name in ("link_url", "image_url"):
        if call.get(name) is not None and not re.match(r"https?://[^\s/]", call.text(name)):
            raise Wrong(400, {name: ["is blocked: Only allowed schemes are http, https"]})


@route("GET", "projects/:project/badges")
def badges(call):
    return Page([one for one in call.record.badges if call.get("name") in (None, one["name"])], show_badge(call))


@route("GET", "projects/:project/badges/:badge")
def badge(call):
    return show_badge(call)(call.found(call.record.badges, "badge", "Badge"))


@route("POST", "projects/:project/badges", role=MAINTAINER)
def create_badge(call):
    link, image = call.need("link_url", "image_url")
    check_urls(call)
    new = {"id": call.world.number("badge"), "name": call.get("name"), "link_url": link, "image_url": image}
    call.record.badges.append(new)
    return 201, show_badge(call)(new)


@route("PUT", "projects/:project/badges/:badge", role=MAINTAINER)
def edit_badge(call):
    one = call.found(call.record.badges, "badge", "Badge")
    check_urls(call)
    one.update((name, call.get(name, one[name])) for name in ("name", "link_url", "image_url"))
    return show_badge(call)(one)


@route("DELETE", "projects/:project/badges/:badge", role=MAINTAINER)
def delete_badge(call):
    call.record.badges.remove(call.found(call.record.badges, "badge", "Badge"))
