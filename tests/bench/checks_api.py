"""What the self-checks of GitLab's REST interface share: calls, groups, projects, members."""

import urllib.parse

from checks import PERSONAL, Client, control, expect, random_name
from client import URL


class Api:
    """Calls with one token; `form` sends bodies as the Rust crate does."""

    def __init__(self, token=PERSONAL):
        self.client, self.token = Client(), token

    def __call__(self, method, path, body=None, status=None, form=None):
        headers = {"PRIVATE-TOKEN": self.token}
        if form is not None:
            body, headers["Content-Type"] = urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"
        answer = self.client.call(method, "/api/v4/" + path, body, headers)
        if status is not None:
            expect(answer.status == status, f"{method} {path}: {answer.status}, not {status}: {answer.body[:300]}")
        return answer

    def json(self, *arguments, **options):
        return self(*arguments, **options).json()


def new_group():
    return control("POST", "groups", {"path": f"check-{random_name('group')}"})


def new_project(api, **more):
    group = new_group()
    return api.json("POST", "projects", {"name": "app", "namespace_id": group["id"], **more}, status=201)


def with_commit(api, **more):
    """A project and the `projects/:id` of its calls; main holds a pipeline file."""
    project = new_project(api, **more)
    path = f"projects/{project['id']}"
    commit(api, path, "main", [{"action": "create", "file_path": ".gitlab-ci.yml", "content": "job:\n  script: 'true'\n"}])
    return project, path


def commit(api, path, branch, actions, status=201, **more):
    body = {"branch": branch, "commit_message": "Change", "actions": actions, **more}
    return api.json("POST", f"{path}/repository/commits", body, status=status)


def address(project, user, password):
    """Where git finds the project, with credentials."""
    return f"{URL.replace('://', f'://{user}:{password}@')}/{project['path_with_namespace']}.git"


def someone(project, level, scopes=("api",), **more):
    """The token of a new member of the project."""
    name, token = random_name("user"), "glpat-" + random_name("check")
    control("POST", "users", {"username": name})
    if level:
        control("POST", "members", {"project": project["path_with_namespace"], "user": name, "access_level": level})
    control("POST", "tokens", {"token": token, "user": name, "scopes": list(scopes), **more})
    return token
