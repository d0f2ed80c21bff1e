//! The keys of `[executor.requests]` and `[[grants]]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "executor.requests.parallel",
        "integer",
        "4",
        "Builds, pushes and promotions that one job may have under way at a time.",
    ),
    key(
        "executor.requests.timeout_secs",
        "integer",
        "3600",
        "Seconds one of them may take.",
    ),
    key(
        "executor.requests.max_context",
        "string",
        "\"8g\"",
        "Size of the build context that a job may send.",
    ),
    key(
        "executor.requests.max_context_entries",
        "integer",
        "1000000",
        "Files and directories of a build context.",
    ),
    key(
        "executor.requests.min_free_disk",
        "string",
        "\"1g\"",
        "No build begins with less free space where the engine keeps its images.",
    ),
    key(
        "executor.requests.build_args",
        "table of strings",
        "none",
        "Arguments of every build of a job, such as HTTP_PROXY, HTTPS_PROXY and NO_PROXY; a job may not set those itself.",
    ),
    key(
        "grants.projects",
        "list of patterns",
        "required",
        "[[grants]] are rules; what the rules that fit a job give adds up, and without one a job may not build, push, promote or deploy. Paths of projects: `*` stops at a slash, `**` does not.",
    ),
    key(
        "grants.refs",
        "\"protected\", \"unprotected\" or \"any\"",
        "\"protected\"",
        "Jobs of which refs the rule is for, as GitLab says.",
    ),
    key(
        "grants.branches",
        "list of patterns",
        "all",
        "Only jobs of these branches; a git tag of the same name is no branch.",
    ),
    key(
        "grants.tags",
        "list of patterns",
        "all",
        "Only jobs of these git tags.",
    ),
    key(
        "grants.push",
        "list of patterns",
        "none",
        "Repositories the job may push to, such as \"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{project}\". {project}: path in lower case; {namespace}, {name}: its parts; {project_id}.",
    ),
    key(
        "grants.create",
        "list of patterns",
        "none",
        "Repositories that a push may make when they are missing, as [aws.ecr] says.",
    ),
    key(
        "grants.bases",
        "list of patterns",
        "none",
        "Images that builds, jobs and services may start from beyond Docker Hub and registries that anybody, or the job's own login, may read. Repositories of ECR have to stand here.",
    ),
    key(
        "grants.deploy",
        "list of patterns",
        "none",
        "Services the job may deploy, restart, start, stop, roll back and look at, such as \"arn:aws:ecs:eu-west-1:123456789012:service/lower/{name}\", or \"local/*\" for containers on the runner's own engine. Placeholders as in push.",
    ),
    key(
        "grants.commands",
        "list of patterns",
        "none",
        "Services whose one-off tasks (run-task) the job may give another command or other variables than the service's own: code under the application's role.",
    ),
    key(
        "grants.credentials",
        "list of patterns",
        "none",
        "Roles of which the job itself may have keys (auth credentials), by ARN, where a rule of [[roles]] gives it that role. Never the host's own identity.",
    ),
    key(
        "grants.role_arn",
        "string",
        "that of [aws]",
        "Role the executor assumes for this rule's registries and services; the job never sees its credentials.",
    ),
    key(
        "grants.external_id",
        "string",
        "none",
        "External id for that role.",
    ),
];
