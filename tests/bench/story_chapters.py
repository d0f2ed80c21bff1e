"""The story's chapters, in their order: each does its part and says what is true then, or raises `Untrue`."""

import json
import os
import re
import shutil

import story_second
from client import control
from pipeline_engine import clone, quoted
from story_world import ACCOUNT, GROUP, HERE, IMAGES, REGION, REGISTRY, expect

SHIPPED = os.path.join(HERE, "..", "..", "pipeline-templates")
REASON = "Service deployment rolled back because the circuit breaker threshold was exceeded."
# Tasks come up, end by themselves, and ECS goes back to what ran before.
BAD = [
    {"at": 0.1, "tasks": {"pending": 2, "running": 0}},
    {"at": 0.2, "stopped_task": {"stop_code": "EssentialContainerExited", "reason": "Essential container in task exited", "exit_code": 1,
                                 "container": "app", "count": 3, "log": ["starting", "Error: no database"]}},
    {"at": 0.3, "sd_status": "ROLLBACK_IN_PROGRESS", "sd_reason": REASON, "breaker": {"status": "TRIGGERED", "failures": 3, "threshold": 3},
     "rollback": "new_id"},
    {"at": 1.0, "sd_status": "ROLLBACK_SUCCESSFUL", "rollback": "new_id", "done": True}]


class Tale:
    """What one chapter leaves to the next."""

    def __init__(self, world, book, engine):
        self.world, self.book, self.engine = world, book, engine
        self.app, self.cluster, self.production = f"shop-{world.name}", f"dev-{world.name}", f"prod-{world.name}"
        self.project = f"{GROUP}/{self.app}"
        self.pipeline = None
        self.digests = []

    def failed(self):
        runs = self.pipeline.runs.values() if self.pipeline else []
        return [run for run in runs if run.state == "failed"]

    def run(self, project, branch, source="push", status="success", play=()):
        """The newest pipeline of that commit, until it can go no further."""
        self.pipeline = self.engine.pipeline(project, branch, source)
        entry = self.pipeline.entry
        self.book.fact("pipeline", f"{entry['web_url']} ({source.removesuffix('_event')}, {entry['sha'][:8]})")
        ended = self.pipeline.play(*play)
        expect(ended == status, f"the pipeline {entry['id']} ends as {status}", ended)
        return self.pipeline

    def job(self, name):
        return self.pipeline.runs[name]

    def checks_out_main(self):
        self.world.git(self.clone, "fetch", "-q", "origin", token=self.token)
        self.world.git(self.clone, "checkout", "-q", "-B", "main", "origin/main")

    def merge(self, project, iid):
        merged = self.world.api.get(f"projects/{quoted(project)}/merge_requests/{iid}/merge", "PUT", {})
        expect(merged["state"] == "merged", f"!{iid} is merged", merged["state"])
        self.book.fact("merged", f"{merged['web_url']}, as {merged['merge_commit_sha'][:8]}")

    def is_deployed(self, build="build-image", deploy="deploy-dev"):
        """One digest: what the build said, what ECR has, what ECS runs, and what our own program says of it."""
        world, sha = self.world, self.pipeline.entry["sha"]
        reference = self.pipeline.dotenv(self.job(build))["IMAGE_REF"]
        digest = reference.partition("@")[2]
        found = {"the tag of the commit in ECR": {world.digest(self.app, sha)}, "latest in ECR": {world.digest(self.app, "latest")},
                 "the tasks that run": set(world.running(self.cluster, self.app))}
        status = world.ask_json("status", self.service)
        found["baws-ci status"] = {one["digest"] for task in status["tasks"] for one in task["containers"]}
        for where, digests in found.items():
            expect(digests == {digest}, f"{where}: {digest}", digests)
        expect("verified" in self.job(deploy).trace, f"the log of {deploy} says `verified`", self.job(deploy).trace[-600:])
        self.book.fact("image", reference)
        self.book.fact("verified", f"build, ECR, two tasks of {self.cluster}/{self.app} and `baws-ci status` say the same digest")
        self.digests.append(digest)


def published(tale):
    tale.book.chapter("The reference repository is published")
    world = tale.world
    world.make_audit_table()
    control("POST", "groups", {"path": "platform", "visibility": "internal"})
    told = world.ask_json("template", "publish")
    version = told["version"]
    expect(told["project"] == world.templates and told["tagged"], f"{world.templates} is made and has a tag", told)
    tag = world.api.get(f"projects/{quoted(world.templates)}/repository/tags/{version}")
    expect(tag["commit"]["id"] == told["commit"], "the tag is of the commit that was told", tag)
    again = world.ask_json("template", "publish")
    expect(not again["commit"], "a second time there is nothing to publish", again)
    tale.version = version
    tale.book.fact("repository", f"{os.environ['BENCH_GITLAB_URL'].replace('http:', 'https:')}/{world.templates}")
    tale.book.fact("version", f"{version}, tag of {told['commit'][:8]}, {len(told['created'])} files")


def bootstrapped(tale):
    tale.book.chapter("An application is bootstrapped, from what Backstage's scaffolder passes (the platform's first revision)")
    world = tale.world
    repository = world.repository(tale.app)
    production = tale.production_repository = world.repository(f"{tale.app}-production", world.production)
    service = tale.service = world.service(tale.cluster, tale.app, f"{repository}:latest")
    tale.production_service = world.service(tale.production, tale.app, f"{production}:latest", world.production)
    values = {
        "component_id": tale.app, "title": "The shop", "description": "Sells things", "owner": "group:default/shop", "kind": "nodejs",
        "destination": {"host": "gitlab.bench.test", "owner": GROUP, "repo": tale.app}, "aws_account": ACCOUNT, "aws_region": REGION,
        "aws_environment": "dev", "aws_environment_short_name": "dev", "app_port": 8080,
        "aws_pipeline_arn": f"arn:aws:states:{REGION}:{ACCOUNT}:execution:provision:{tale.app}",
        "aws_bp_outputs": {"bawsEcrRepositoryUri": repository, "bawsEcsServiceArn": service},
        "inputs": {**IMAGES, "production": True, "production_environment": "prod", "production_service": tale.production_service,
                   "production_repository": production}}
    told = world.ask_json("bootstrap-repo", "--from", "-", stdin=json.dumps(values))
    expect(told["path"] == tale.project and told["commit"], f"{tale.project} has its first commit", told)
    catalog = world.file(tale.project, ".backstage/catalog-info.yaml")
    for line in (f"baws-ecs-service-arn: {service}", "baws-ecr-repository-uri", "baws-repo-secret-arn"):
        line = f"aws.amazon.com/{line}"
        expect(line in catalog, f"the catalog file says `{line}`", catalog)
    expect(f"ref: {tale.version}" in world.file(tale.project, ".gitlab-ci.yml"), f"the pipeline includes the templates at {tale.version}")
    variables = {one["key"]: one["value"] for one in world.api.get(f"projects/{quoted(tale.project)}/variables")}
    place = variables.get("ECR_REGISTRY"), variables.get("ECR_REPO")
    expect(place == (REGISTRY, tale.app), "the variables say where images go", place)
    tale.secret = f"aws-apps-{tale.app}-access-token"
    description = world.aws("secretsmanager").describe_secret(SecretId=tale.secret)
    out, _ = world.ask("bootstrap-repo", "--from", "-", stdin=json.dumps(values))
    expect("nothing to do" in out, "a second time there is nothing to do", out)
    tale.book.fact("project", told["project"]["web_url"])
    tale.book.fact("steps", f"{len(told['steps'])} in {told['requests']} requests; run again: nothing to do")
    tale.book.fact("secret", f"{description['ARN']} holds the access token")
    tale.book.fact("catalog", f"{told['catalog']['entity']}, annotations")


def pushed(tale):
    tale.book.chapter("A developer clones with the token from Secrets Manager, and pushes a commit with git")
    world = tale.world
    secret = world.aws("secretsmanager").get_secret_value(SecretId=tale.secret)["SecretString"]
    tale.token = json.loads(secret)["apiToken"] if secret.startswith("{") else secret
    tale.clone = os.path.join(world.directory, "clone")
    clone(tale.project, tale.clone, tale.token)
    rewrite(tale.clone, "src/app.js", "Hello, ", "Good day, ")
    rewrite(tale.clone, "test/app.test.js", "Hello, ", "Good day, ")
    world.git(tale.clone, "commit", "-qam", "Greet as people do")
    refused = world.git(tale.clone, "push", "origin", "main", token=tale.token, code=1)
    expect("protected branches" in refused, "GitLab refuses a push to main", refused)
    world.git(tale.clone, "push", "-q", "origin", "main:greeting", token=tale.token)
    made = world.api.get(f"projects/{quoted(tale.project)}/merge_requests", "POST",
                         {"source_branch": "greeting", "target_branch": "main", "title": "Greet as people do"})
    tale.book.fact("refused", "main is protected: the token is a developer's")
    tale.book.fact("merge request", made["web_url"])
    tale.run(tale.project, "greeting", "merge_request_event")
    expect(set(tale.pipeline.runs) == {"test", "build-image"}, "a merge request tests and builds", list(tale.pipeline.runs))
    expect("pass 4" in tale.job("test").trace, "four tests pass", tale.job("test").trace[-2000:])
    tags = world.aws("ecr").list_images(repositoryName=tale.app)["imageIds"]
    expect(not tags, "a merge request pushes no image", tags)
    tale.merge(tale.project, made["iid"])


def deployed(tale):
    tale.book.chapter("On main: tests, image, push to ECR, deployment; and the digest that was pushed is what runs")
    tale.run(tale.project, "main", status="manual")
    tale.is_deployed()
    expect(tale.job("deploy-prod").state == "manual", "production waits for somebody", tale.job("deploy-prod").state)


def audited(tale):
    tale.book.chapter("The audit table says who did it")
    rows = rows_of(tale, tale.app)
    done = {(row["actionType"], row["status"]) for row in rows}
    for action in ("Bootstrap Repository", "Build Image", "Update ECS Service"):
        expect(done >= {(action, "IN PROGRESS"), (action, "SUCCESS")}, f"`{action}` has a row before and one after", rows)
    end = next(row for row in rows if row["actionType"] == "Update ECS Service" and row["status"] == "SUCCESS")
    expect(tale.digests[-1] in end["message"], f"its message names {tale.digests[-1]}", end)
    for row in rows:
        tale.book.fact("row", f"{row['createdAt']} {row['actionType']}: {row['status']}, {row['initiatedBy']} from {row['origin']}")


def promoted(tale):
    world, sha = tale.world, tale.pipeline.entry["sha"]
    place = "its own repository" if world.production == ACCOUNT else "another account"
    tale.book.chapter(f"Somebody starts the deployment to production: the same digest, in {place}")
    before = len(rows_of(tale, tale.app))
    ended = tale.pipeline.play("deploy-prod")
    expect(ended == "success", "the pipeline is a success then", ended)
    there = world.digest(f"{tale.app}-production", sha, world.production)
    running = set(world.running(tale.production, tale.app, world.production))
    expect({there} | running == {tale.digests[-1]}, f"production has and runs {tale.digests[-1]}", (there, running))
    rows = rows_of(tale, tale.app)
    rows = [row for row in rows[:len(rows) - before] if row["status"] == "SUCCESS"]
    expect({row["actionType"] for row in rows} == {"Promote Image", "Update ECS Service"}, "promotion and deployment have rows", rows)
    expect({row["targetAccount"] for row in rows} == {world.production}, f"they name the account {world.production}", rows)
    tale.book.fact("promoted", f"{tale.production_repository}@{there}")
    tale.book.fact("runs", f"in {tale.production_service}")
    tale.book.fact("audit", ", ".join(f"{row['actionType']} as {row['assumedRole'] or 'the host itself'}" for row in reversed(rows)))


def unchanged(tale):
    tale.book.chapter("A commit that changes nothing in the image: nothing is built, and the same digest is deployed")
    world = tale.world
    tale.checks_out_main()
    with open(os.path.join(tale.clone, "README.md"), "a") as file:
        file.write("\nWe greet as people do.\n")
    world.git(tale.clone, "commit", "-qam", "Say it in the README")
    world.git(tale.clone, "push", "-q", "origin", "main")
    tale.run(tale.project, "main", status="manual")
    tale.is_deployed()
    expect(tale.digests[-1] == tale.digests[-2], f"the image is still {tale.digests[-2]}", tale.digests[-1])
    said = re.search(r"Skipped the build: .*", tale.job("build-image").trace)
    expect(said, "the log of build-image says that nothing was built", tale.job("build-image").trace[-2000:])
    tale.book.fact("said", re.sub(r"\x1b\[[0-9;]*m", "", said[0]).strip())


def updated(tale):
    tale.book.chapter("A new version of the templates reaches the repository as a merge request")
    world = tale.world
    newer = newer_templates(tale)
    told = world.ask_json("template", "publish", "--templates", newer)
    expect(told["version"] == tale.newer and told["tagged"], f"version {tale.newer} is published", told)
    report = world.ask_json("template", "check", "--repository", tale.project, code=14)
    drift = {one["kind"] for one in report["repositories"][0]["drift"]}
    expect("outdated" in drift, "`template check` says `outdated`, exit code 14", report)
    tale.book.fact("version", f"{tale.newer}; `template check`: {', '.join(sorted(drift))} (exit code 14)")
    synced = world.ask_json("template", "sync", "--repository", tale.project, "--all-at-once")
    one = synced["repositories"][0]
    opened = world.api.get(f"projects/{quoted(tale.project)}/merge_requests?state=opened")
    expect(len(opened) == 1 and opened[0]["web_url"] == one["url"], "there is one merge request", one)
    request = opened[0]
    expect(request["target_branch"] == "main", "it is for main", request)
    tale.book.fact("merge request", f"{request['web_url']}: {request['title']}")
    tale.run(tale.project, request["source_branch"], "merge_request_event")
    tale.merge(tale.project, request["iid"])
    stub, dockerfile, app = (world.file(tale.project, path) for path in (".gitlab-ci.yml", "Dockerfile", "src/app.js"))
    expect(f"ref: {tale.newer}" in stub and "org.bench.story" in dockerfile, "pipeline and Dockerfile are the new ones", stub + dockerfile)
    expect("Good day, " in app, "what the developer wrote is still there", app)
    tale.run(tale.project, "main", status="manual")
    tale.is_deployed()
    world.ask("template", "check", "--repository", tale.project)
    tale.book.fact("drift", "`template check`: none (exit code 0)")


def rolled_back(tale):
    tale.book.chapter("A bad image does not stay: ECS goes back, and the job says so")
    world = tale.world
    tale.checks_out_main()
    rewrite(tale.clone, "src/main.js", 'import { app }', 'throw new Error("no database");\nimport { app }')
    world.git(tale.clone, "commit", "-qam", "Ask the database first")
    world.git(tale.clone, "push", "-q", "origin", "main")
    world.bench("ecs-scenario", "-", stdin={"cluster": tale.cluster, "service": tale.app, "for": "next", "steps": BAD})
    tale.run(tale.project, "main", status="failed")
    run = tale.job("deploy-dev")
    expect(run.state == "failed" and run.job["exit_code"] == 6, "deploy-dev ends with exit code 6: rolled back", run.job.get("exit_code"))
    expect(tale.job("verify-dev").state == "skipped" and tale.job("deploy-prod").state == "skipped", "nothing goes on to production")
    for words in ("was rolled back", "Error: no database"):
        expect(words in run.trace, f"the log says `{words}`", run.trace[-3000:])
    bad = tale.pipeline.dotenv(tale.job("build-image"))["IMAGE_REF"].partition("@")[2]
    running = set(world.running(tale.cluster, tale.app))
    expect(running == {tale.digests[-1]} and bad not in running, f"{tale.digests[-1]} runs as before", running)
    row = rows_of(tale, tale.app)[0]
    expect(row["status"] == "FAILED", "the newest row of the audit is FAILED", row)
    said = next(line for line in run.trace.splitlines() if "was rolled back" in line)
    tale.book.fact("said", re.sub(r"^.*(?=error: )|\x1b\[[0-9;]*m", "", said).strip())
    tale.book.fact("runs", f"{running.pop()}, as before; not {bad[:19]}…")
    tale.book.fact("audit", f"{row['actionType']}: {row['status']}, {row['message'][:100]}")


def rows_of(tale, component):
    return tale.world.ask_json("audit", "list", component, "--region", REGION)["rows"]


def newer_templates(tale):
    """The templates as they are, with a minor version more and one line more in the Dockerfile of Node."""
    directory = os.path.join(tale.world.directory, "newer")
    shutil.copytree(SHIPPED, directory)
    major, minor, _ = tale.version.split(".")
    tale.newer = f"{major}.{int(minor) + 1}.0"
    with open(os.path.join(directory, "VERSION"), "w") as file:
        file.write(tale.newer + "\n")
    rewrite(directory, "CHANGELOG.md", f"## {tale.version}\n", f"## {tale.newer}\n\n- Images of Node carry a label.\n\n## {tale.version}\n")
    rewrite(directory, "samples/nodejs/Dockerfile", "EXPOSE 8080\n", 'LABEL org.bench.story="told"\nEXPOSE 8080\n')
    return directory


def rewrite(directory, path, old, new):
    path = os.path.join(directory, path)
    with open(path) as file:
        text = file.read()
    expect(old in text, f"`{old.strip()}` stands in {path}", text)
    with open(path, "w") as file:
        file.write(text.replace(old, new))


CHAPTERS = (published, bootstrapped, pushed, deployed, audited, promoted, unchanged, updated, rolled_back, story_second.second)
