"""Drives the GitLab stand-in through python-gitlab, a client that is not ours: `drive_python_gitlab.py URL TOKEN GROUP`."""

import datetime
import sys

import gitlab


def refused(call, *arguments, **options):
    """Status and message of a call that has to fail."""
    try:
        call(*arguments, **options)
    except gitlab.GitlabError as error:
        return error.response_code, error.error_message
    raise AssertionError("the call was granted")


def main():
    url, token, group = sys.argv[1:]
    client = gitlab.Gitlab(url, private_token=token)
    client.auth()
    assert client.user.username == "root"
    namespace = client.namespaces.get(group)
    fields = {"name": "shop", "namespace_id": namespace.id, "topics": ["one"], "visibility": "internal"}
    project = client.projects.create(fields)
    status, message = refused(client.projects.create, fields)
    assert status == 400 and message["name"] == ["has already been taken"], message
    content = "job:\n  script: 'true'\n"
    project.commits.create({"branch": "main", "commit_message": "Begin", "actions": [
        {"action": "create", "file_path": ".gitlab-ci.yml", "content": content}]})
    project = client.projects.get(f"{group}/shop")
    assert project.default_branch == "main" and project.files.get(".gitlab-ci.yml", ref="main").decode().decode() == content
    assert [one["path"] for one in project.repository_tree(recursive=True, iterator=True)] == [".gitlab-ci.yml"]

    project.variables.create({"key": "A", "value": "x"})
    project.variables.create({"key": "A", "value": "y", "environment_scope": "prod"})
    assert refused(project.variables.get, "A")[0] == 409
    assert project.variables.get("A", filter={"environment_scope": "prod"}).value == "y"

    assert refused(project.protectedbranches.create, {"name": "main"})[0] == 409
    branch = project.protectedbranches.get("main")
    branch.allow_force_push = True
    branch.save()
    assert project.protectedbranches.get("main").allow_force_push

    project.commits.create({"branch": "side", "start_branch": "main", "commit_message": "Change", "actions": [
        {"action": "chmod", "file_path": ".gitlab-ci.yml", "execute_filemode": True}]})
    request = project.mergerequests.create({"source_branch": "side", "target_branch": "main", "title": "Change"})
    assert request.head_pipeline["status"] == "created", request.head_pipeline
    request.merge()
    assert request.state == "merged" and project.branches.get("main").commit["title"].startswith("Merge branch 'side'")
    made = project.pipelines.create({"ref": "main"})
    assert project.pipelines.get(made.id).source == "api" and len(project.pipelines.list(get_all=True)) == 5

    end = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
    bot = project.access_tokens.create({"name": "bot", "scopes": ["api"], "access_level": 40, "expires_at": end})
    own = gitlab.Gitlab(url, private_token=bot.token)
    own.auth()
    assert own.user.username.startswith(f"project_{project.id}_bot")
    print("done")


if __name__ == "__main__":
    main()
