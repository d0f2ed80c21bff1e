"""The settings of a GitLab project: their names, kinds and defaults, and what GitLab refuses about them."""

import re

from bodies import listed, truth
from calls import Wrong

LEVELS = ("private", "internal", "public")
ENABLED = {name + "_access_level": "enabled" for name in (
    "issues", "repository", "merge_requests", "forking", "wiki", "builds", "snippets", "analytics", "container_registry",
    "environments", "feature_flags", "infrastructure", "monitoring", "model_experiments", "model_registry", "package_registry", "releases")}
SETTINGS = {
    "description": None, "visibility": "private", "topics": [], "ci_config_path": None,
    "auto_cancel_pending_pipelines": "enabled", "auto_devops_enabled": True, "auto_devops_deploy_strategy": "continuous",
    "shared_runners_enabled": True, "group_runners_enabled": True, "build_timeout": 3600, "build_git_strategy": "fetch",
    "ci_default_git_depth": 20, "ci_forward_deployment_enabled": True, "ci_forward_deployment_rollback_allowed": True,
    "ci_separated_caches": True, "ci_allow_fork_pipelines_to_run_in_parent_project": True, "keep_latest_artifact": True,
    "ci_push_repository_for_job_token_allowed": False, "allow_pipeline_trigger_approve_deployment": False,
    "restrict_user_defined_variables": True, "ci_pipeline_variables_minimum_override_role": "no_one_allowed",
    "ci_id_token_sub_claim_components": ["project_path", "ref_type", "ref"], "ci_delete_pipelines_in_seconds": None,
    "ci_display_pipeline_variables": False, "ci_job_token_scope_enabled": False, "public_jobs": True,
    "only_allow_merge_if_pipeline_succeeds": False, "allow_merge_on_skipped_pipeline": False,
    "only_allow_merge_if_all_discussions_are_resolved": False, "only_allow_merge_if_all_status_checks_passed": False,
    "remove_source_branch_after_merge": True, "merge_method": "merge", "squash_option": "default_off",
    "printing_merge_request_link_enabled": True, "resolve_outdated_diff_discussions": False, "merge_pipelines_enabled": False,
    "merge_trains_enabled": False, "merge_commit_template": None, "squash_commit_template": None, "suggestion_commit_message": None,
    "issue_branch_template": None, "autoclose_referenced_issues": True, "enforce_auth_checks_on_uploads": True,
    "request_access_enabled": True, "lfs_enabled": True, "packages_enabled": True, "container_registry_enabled": True,
    "issues_enabled": True, "merge_requests_enabled": True, "wiki_enabled": True, "jobs_enabled": True, "snippets_enabled": True,
    "service_desk_enabled": False, "emails_enabled": True, "show_default_award_emojis": True,
    "warn_about_potentially_unwanted_characters": True,
    "security_and_compliance_access_level": "private", "requirements_access_level": "enabled", "pages_access_level": "private",
    "external_authorization_classification_label": "", "merge_requests_template": None, "issues_template": None,
    "mirror": False, "mirror_trigger_builds": False, "only_mirror_protected_branches": None, "approvals_before_merge": 0,
    "repository_storage": "default", "max_artifacts_size": None, "prevent_merge_without_jira_issue": False,
    "pre_receive_secret_detection_enabled": False, "group_runners_enabled_by_default": True, **ENABLED}
CHOICES = {
    "visibility": LEVELS, "auto_cancel_pending_pipelines": ("enabled", "disabled"), "merge_method": ("merge", "rebase_merge", "ff"),
    "squash_option": ("never", "always", "default_on", "default_off"), "build_git_strategy": ("fetch", "clone"),
    "auto_devops_deploy_strategy": ("continuous", "manual", "timed_incremental"),
    "ci_pipeline_variables_minimum_override_role": ("no_one_allowed", "developer", "maintainer", "owner"),
    **dict.fromkeys(ENABLED, ("disabled", "private", "enabled", "public"))}
# The older names of some, which clients still send.
OLDER = {"tag_list": "topics", "public_builds": "public_jobs"}
RESERVED = {"-", "badges", "blame", "blob", "builds", "commits", "create", "create_dir", "edit", "files", "find_file", "new", "preview",
            "raw", "refs", "tree", "update", "wikis", "environments", "gitlab-lfs", "info"}
BAD_PATH = ("can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'")
BAD_NAME = "can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces. It must start with a letter, digit, emoji, or '_'."


def taken(parameters):
    """The settings among a call's parameters, each in its kind."""
    result = {}
    for name, value in parameters.items():
        name = OLDER.get(name, name)
        if name in SETTINGS:
            result[name] = coerced(name, value)
    if "restrict_user_defined_variables" in result and "ci_pipeline_variables_minimum_override_role" not in result:
        role = "maintainer" if result["restrict_user_defined_variables"] else "developer"
        result["ci_pipeline_variables_minimum_override_role"] = role
    elif "ci_pipeline_variables_minimum_override_role" in result:
        result["restrict_user_defined_variables"] = result["ci_pipeline_variables_minimum_override_role"] != "developer"
    return result


def coerced(name, value):
    default = SETTINGS[name]
    if isinstance(default, list):
        return listed(value)
    if value is None or value == "" and default is None:
        return None
    if isinstance(default, bool):
        value = truth(value)
        if value is None:
            raise Wrong(400, error=f"{name} is invalid")
    elif isinstance(default, int) or name.endswith("_seconds"):
        try:
            value = int(value)
        except (ValueError, TypeError):
            raise Wrong(400, error=f"{name} is invalid") from None
        if name == "build_timeout" and not 600 <= value < 2592000:
            too = "greater than or equal to 600" if value < 600 else "less than 2592000"
            raise Wrong(400, {"build_timeout": [f"must be {too}"]})
    if name in CHOICES and value not in CHOICES[name]:
        raise Wrong(400, error=f"{name} does not have a valid value")
    return value


def invalid(errors):
    """GitLab's answer to a project that it does not save; `limit_reached` always rides along."""
    return Wrong(400, {**errors, "limit_reached": []})


def check_place(name, path, is_taken):
    """Refuses a name or path that cannot be had."""
    if path.lower() in RESERVED:
        raise invalid({"project_namespace.path": [f"{path} is a reserved name"], "path": [f"{path} is a reserved name"]})
    if not re.fullmatch(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*", path) or re.search(r"\.(git|atom)$", path) or re.search(r"^[.-]|\.\.|[._-]$",
                                                                                                                 path):
        raise invalid({"project_namespace.path": [BAD_PATH], "path": [BAD_PATH]})
    if not re.fullmatch(r"[\w\U0001F000-\U0001FAFF][\w\U0001F000-\U0001FAFF .+()-]*", name):
        raise invalid({"name": [BAD_NAME]})
    if is_taken:
        text = ["has already been taken"]
        raise invalid({"project_namespace.name": text, "name": text, "path": text})


def check_visibility(wanted, group):
    if LEVELS.index(wanted) > LEVELS.index(group.visibility):
        raise invalid({"visibility_level": [f"{wanted} is not allowed in a {group.visibility} group."]})
