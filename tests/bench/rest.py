"""The REST interface of the GitLab stand-in: finds the route of a call, admits who calls, and sends the answer."""

import threading
import time
import urllib.parse

import bodies
import rest_access
import rest_archive
import rest_ci
import rest_environments
import rest_extras
import rest_files
import rest_groups
import rest_merge_requests
import rest_projects
import rest_protections
import rest_repository
import rest_runners
import rest_users
import rest_variables
from calls import ROUTES, Call, Page, Raw, Wrong, forbidden, not_found
from repositories import Refused
from world import Token

FAMILIES = (rest_users, rest_groups, rest_projects, rest_repository, rest_files, rest_merge_requests, rest_variables, rest_protections,
            rest_environments, rest_access, rest_runners, rest_ci, rest_extras)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Limiter:
    """So many requests in so many seconds, counted in windows, as GitLab's throttle."""

    def __init__(self):
        self.lock, self.requests = threading.Lock(), None

    def set(self, requests, per_secs):
        with self.lock:
            self.requests, self.per_secs, self.began, self.count = requests, per_secs, time.time(), 0

    def headers(self):
        """None while the call is within the limit."""
        with self.lock:
            if self.requests is None:
                return None
            moment = time.time()
            if moment >= self.began + self.per_secs:
                self.began, self.count = moment, 0
            self.count += 1
            if self.count <= self.requests:
                return None
            end = self.began + self.per_secs
            return {"Retry-After": str(max(1, round(end - moment + 0.5))), "RateLimit-Limit": str(self.requests),
                    "RateLimit-Name": "throttle_authenticated_api", "RateLimit-Observed": str(self.count), "RateLimit-Remaining": "0",
                    "RateLimit-Reset": str(int(end)),
                    "RateLimit-ResetTime": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(end)), "Content-Type": "text/plain"}


def behind(items, name, key, value):
    """What comes after the item of that key. An id may be gone meanwhile; the others are still behind it."""
    if name in ("id_after", "id_before") and value.isdigit():
        return [one for one in items if (key(one) > int(value) if name == "id_after" else key(one) < int(value))]
    passed = [index for index, item in enumerate(items) if str(key(item)) == value]
    return items[passed[-1] + 1:] if passed else []


class Rest:
    """Part of the handler."""

    def respond_rest(self, path):
        limited = self.gitlab.limiter.headers()
        body = self.body.all()
        if limited:
            return self.send(429, "Retry later\n", limited)
        try:
            return self.send_answer(self.answer(path.rstrip("/"), body))
        except Wrong as error:
            return self.send_json(error.status, error.body, error.headers)
        except bodies.Malformed as error:
            return self.send_json(400, {"error": str(error)})
        except Refused as error:
            return self.send_json(400, {"message": str(error)})

    def send_answer(self, answer):
        if answer is None:
            self.send(204)
        elif isinstance(answer, Page):
            self.send_page(answer)
        elif isinstance(answer, Raw):
            self.send(answer.status, answer.content, answer.headers)
        elif isinstance(answer, tuple):
            self.send_json(*answer)
        else:
            self.send_json(200, answer)

    def answer(self, path, body):
        token = self.caller()
        if not token:
            raise Wrong(401, "401 Unauthorized")
        self.facts["user"] = token.user.username
        method = "GET" if self.command == "HEAD" else self.command
        options = function = None
        for verb, pattern, candidate, demands in ROUTES:
            match = pattern.match(path) if verb == method or verb == self.command else None
            if match:
                function, options = candidate, demands
                break
        if not function:
            raise Wrong(404, error="404 Not Found")
        self.check_scope(token, options["scopes"])
        query = self.path.partition("?")[2]
        call = Call(self, self.gitlab.world, token, bodies.parameters(query, body, self.headers.get("Content-Type", "")), match.groupdict())
        if not options["locked"]:
            self.admit(call, options, path)
            return function(call)
        with self.gitlab.world.lock:
            self.admit(call, options, path)
            return function(call)

    def check_scope(self, token, wanted):
        if not wanted or set(wanted) & set(token.scopes):
            return
        if token.scopes == ["job"]:
            raise Wrong(401, "401 Unauthorized")
        refusal = Wrong(403, error="insufficient_scope")
        refusal.body["error_description"] = "The request requires higher privileges than provided by the access token."
        refusal.body["scope"] = " ".join(scope for scope in wanted if scope != "job")
        raise refusal

    def caller(self):
        """The token that the call came with; a job's is good for what jobs may ask. None when it is not known."""
        world = self.gitlab.world
        kind, _, bearer = self.headers.get("Authorization", "").partition(" ")
        value = self.headers.get("PRIVATE-TOKEN") or self.query.get("private_token") or (bearer if kind.lower() == "bearer" else None)
        if value:
            return world.token(value.strip())
        job = self.gitlab.coordinator.of_token(self.headers.get("JOB-TOKEN") or self.query.get("job_token"))
        if job:
            self.facts["job"] = job.number
            self.job = job
            return Token(0, job.token, world.users["root"], ["job"])
        return None

    def admit(self, call, options, path):
        """Finds project and group of the call and refuses whoever may not do this there."""
        world = call.world
        if options["premium"] and not world.edition["enterprise"]:
            raise Wrong(404, error="404 Not Found")
        if "project" in call.names:
            self.admit_to_project(call, options, path)
        elif "group" in call.names:
            call.group = world.find_group(call["group"])
            if not call.group or not world.sees_group(call.user, call.group):
                raise not_found("Group")
            if not call.user.admin and world.group_role(call.user, call.group.path) < options["role"]:
                raise forbidden()

    def admit_to_project(self, call, options, path):
        world, name = call.world, call["project"]
        project = world.project(name)
        target = None if project else world.project(world.moved.get(name, ""))
        record = (project or target) and world.of(project or target)
        if not record or not world.sees(call.user, record):
            raise not_found("Project")
        if target:
            if self.command not in ("GET", "HEAD"):
                raise Wrong(405, "Non GET methods are not allowed for moved projects")
            rest = path.split("/", 2)[2:]
            place = "/".join([f"{self.origin()}/api/v4/projects/{target.number}", *rest])
            query = self.path.partition("?")[2]
            raise Wrong(301, "301 Moved Permanently", headers={"Location": place + (f"?{query}" if query else "")})
        self.facts["project"] = project.path
        call.project, call.record = project, record
        bound = call.token.project
        if bound and bound is not project and not world.role(call.user, record) and record.settings["visibility"] == "private":
            raise not_found("Project")
        if world.role(call.user, record) < options["role"] or options["code"] and not world.reads_code(call.user, record):
            raise forbidden()
        if options["frozen"] and record.archived and self.command in WRITES:
            raise forbidden()

    # ---- pages --------------------------------------------------------------------------------------------------

    def send_page(self, page):
        query = bodies.parameters(self.path.partition("?")[2], b"", "")
        size = self.whole(query, "per_page", 20)
        size = min(size, 100) or 20
        if page.keyset and query.get("pagination") == "keyset":
            return self.send_keyset(page, query, size)
        number = self.whole(query, "page", 1) or 1
        total, items = len(page.items), page.items[(number - 1) * size:number * size]
        last = max(1, -(-total // size))
        after, before = (number + 1 if number < last else ""), (number - 1 if number > 1 else "")
        links = [self.link({"page": at, "per_page": size}, name) for name, at in
                 (("prev", before), ("next", after), ("first", 1), ("last", last)) if at]
        headers = {"X-Page": number, "X-Per-Page": size, "X-Next-Page": after, "X-Prev-Page": before, "X-Total": total,
                   "X-Total-Pages": last,
                   "Link": ", ".join(links)}
        return self.send_json(200, [page.show(item) for item in items], {name: str(value) for name, value in headers.items()})

    def send_keyset(self, page, query, size):
        name, key = page.keyset
        if query.get(name):
            items = behind(page.items, name, key, query[name])
        else:
            items = page.items
        headers = {}
        if len(items) > size:
            items = items[:size]
            headers["Link"] = self.link({name: key(items[-1]), "pagination": "keyset", "per_page": size}, "next")
        return self.send_json(200, [page.show(item) for item in items], headers)

    def whole(self, query, name, default):
        value = query.get(name) or default
        if not str(value).isdigit():
            raise Wrong(400, error=f"{name} is invalid")
        return int(value)

    def link(self, changed, relation):
        path, _, query = self.path.partition("?")
        pairs = [(name, value) for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True) if name not in changed]
        return f"<{self.origin()}{path}?{urllib.parse.urlencode(pairs + list(changed.items()))}>; rel=\"{relation}\""
