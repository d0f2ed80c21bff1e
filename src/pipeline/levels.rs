//! Every keyword of GitLab, at each level: those that are read today, and those that are named as not supported yet.
//!
//! Source: GitLab's CI/CD YAML syntax reference.

/// The keywords of one kind of mapping.
pub(super) struct Level {
    pub(super) today: &'static [&'static str],
    pub(super) later: &'static [&'static str],
}

pub(super) const TOP: Level = Level {
    today: &[
        "stages",
        "default",
        "variables",
        "image",
        "services",
        "before_script",
        "after_script",
    ],
    later: &["include", "workflow", "cache", "spec", "types"],
};
pub(super) const DEFAULT: Level = Level {
    today: &[
        "image",
        "services",
        "before_script",
        "after_script",
        "artifacts",
        "timeout",
    ],
    later: &[
        "cache",
        "hooks",
        "id_tokens",
        "identity",
        "interruptible",
        "retry",
        "tags",
    ],
};
pub(super) const JOB: Level = Level {
    today: &[
        "stage",
        "image",
        "services",
        "variables",
        "before_script",
        "script",
        "after_script",
        "needs",
        "dependencies",
        "artifacts",
        "timeout",
        "allow_failure",
        "when",
    ],
    later: &[
        "cache",
        "coverage",
        "dast_configuration",
        "environment",
        "except",
        "extends",
        "hooks",
        "id_tokens",
        "identity",
        "inherit",
        "inputs",
        "interruptible",
        "manual_confirmation",
        "only",
        "pages",
        "parallel",
        "publish",
        "release",
        "resource_group",
        "retry",
        "rules",
        "run",
        "secrets",
        "start_in",
        "tags",
        "trigger",
    ],
};
pub(super) const IMAGE: Level = Level {
    today: &["name", "entrypoint", "docker", "pull_policy"],
    later: &["kubernetes", "ports"],
};
pub(super) const SERVICE: Level = Level {
    today: &[
        "name",
        "alias",
        "entrypoint",
        "command",
        "variables",
        "docker",
        "pull_policy",
    ],
    later: &["kubernetes", "ports"],
};
pub(super) const DOCKER: Level = Level {
    today: &["user", "platform"],
    later: &[],
};
pub(super) const NEED: Level = Level {
    today: &["job", "artifacts", "optional"],
    later: &["pipeline", "project", "ref", "parallel"],
};
pub(super) const ARTIFACTS: Level = Level {
    today: &[
        "paths",
        "exclude",
        "untracked",
        "when",
        "expire_in",
        "name",
        "reports",
    ],
    later: &["expose_as", "public", "access"],
};
pub(super) const REPORTS: Level = Level {
    today: &[
        "dotenv",
        "junit",
        "coverage_report",
        "accessibility",
        "annotations",
        "api_fuzzing",
        "browser_performance",
        "cluster_image_scanning",
        "codequality",
        "container_scanning",
        "coverage_fuzzing",
        "cyclonedx",
        "dast",
        "dependency_scanning",
        "load_performance",
        "metrics",
        "performance",
        "repository_xray",
        "requirements",
        "requirements_v2",
        "sast",
        "secret_detection",
        "terraform",
    ],
    later: &[],
};
pub(super) const COVERAGE_REPORT: Level = Level {
    today: &["coverage_format", "path"],
    later: &[],
};
pub(super) const VARIABLE: Level = Level {
    today: &["value", "description", "options", "expand"],
    later: &[],
};
pub(super) const ALLOW_FAILURE: Level = Level {
    today: &["exit_codes"],
    later: &[],
};
