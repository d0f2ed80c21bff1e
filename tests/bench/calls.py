"""A REST call of the GitLab stand-in: the table of routes, what a route's function gets, and what it may answer.

A function returns JSON (200), `(status, JSON)`, None (204), a `Page`, or a `Raw` answer; it raises `Wrong` to refuse.
"""

import datetime
import re
import urllib.parse

from bodies import listed, truth

GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50
ROUTES = []


class Wrong(Exception):
    """A refusal in GitLab's shape: a text, list or object becomes `message`; `error` makes the other form."""

    def __init__(self, status, message=None, error=None, headers=None):
        super().__init__(str(message or error))
        self.status = status
        self.body = {"error": error} if error else {"message": message}
        self.headers = headers or {}


def not_found(what):
    return Wrong(404, f"404 {what} Not Found")


def forbidden(reason=None):
    return Wrong(403, "403 Forbidden" + (f" - {reason}" if reason else ""))


class Page:
    """A list to be cut into pages. `keyset` names the field that a next page starts behind."""

    def __init__(self, items, show=lambda item: item, keyset=None):
        self.items, self.show, self.keyset = items, show, keyset


class Raw:
    """An answer that is not JSON, or whose headers matter."""

    def __init__(self, content=b"", headers=None, status=200):
        self.content, self.headers, self.status = content, headers or {}, status


def route(method, pattern, role=0, code=False, scopes=None, premium=False, frozen=False, locked=True):
    """Declares a function as what answers `method pattern`.

    `role` is the access level that the caller needs in the project or group; `code` that the repository has to be readable.
    `premium` routes are not there in the community edition, `frozen` ones not in archived projects. `locked`: others wait.
    """
    compiled = re.compile("^" + re.sub(r":(\w+)", r"(?P<\1>[^/]+)", pattern) + "$")
    if scopes is None:
        scopes = ("api", "read_api") if method in ("GET", "HEAD") else ("api",)

    def declare(function):
        ROUTES.append((method, compiled, function, {
            "role": role, "code": code, "scopes": scopes, "premium": premium, "frozen": frozen, "locked": locked}))
        return function
    return declare


class Call:
    """One call: who asks, for what, with which parameters."""

    def __init__(self, handler, world, token, parameters, names):
        self.handler, self.world, self.token = handler, world, token
        self.user = token.user
        self.parameters = parameters
        self.names = {name: urllib.parse.unquote(value) for name, value in names.items()}
        self.project = self.record = self.group = None

    def __getitem__(self, name):
        return self.names[name]

    @property
    def origin(self):
        return self.handler.origin()

    def has(self, name):
        return name in self.parameters

    def get(self, name, default=None):
        value = self.parameters.get(name)
        return default if value is None else value

    def text(self, name, default=None):
        value = self.get(name)
        return default if value is None else str(value)

    def flag(self, name, default=None):
        if self.get(name) is None:
            return default
        value = truth(self.get(name))
        if value is None:
            raise Wrong(400, error=f"{name} is invalid")
        return value

    def number(self, name, default=None):
        value = self.get(name)
        if value in (None, ""):
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise Wrong(400, error=f"{name} is invalid") from None

    def list(self, name):
        return listed(self.get(name))

    def one_of(self, name, values, default=None):
        value = self.text(name, default)
        if value is not None and value not in values:
            raise Wrong(400, error=f"{name} does not have a valid value")
        return value

    def need(self, *names):
        """The values of parameters that have to be there."""
        missing = [name for name in names if self.get(name) is None]
        if missing:
            raise Wrong(400, error=", ".join(f"{name} is missing" for name in missing))
        empty = [name for name in names if self.get(name) == ""]
        if empty:
            raise Wrong(400, error=", ".join(f"{name} is empty" for name in empty))
        return self.get(names[0]) if len(names) == 1 else [self.get(name) for name in names]

    def id(self, name):
        """A name in the path that has to be a number."""
        if not self.names[name].isdigit():
            raise Wrong(400, error=f"{name} is invalid")
        return int(self.names[name])

    def found(self, items, name, what):
        """The item of that numeric id, or 404."""
        number = self.id(name)
        for item in items:
            if item["id"] == number:
                return item
        raise not_found(what)


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()
