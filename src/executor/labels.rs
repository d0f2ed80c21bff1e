//! The labels of everything a job has on the engine: ours, by which it is found again, and the runner's own.

use super::Job;
use crate::job::{Role, label};

/// Beyond the job's own time: preparation, after_script, uploads, and a runner that is slow to end.
const DEADLINE_MARGIN_SECS: u64 = 2 * 3600;

/// `now`: unix seconds.
pub(super) fn of_job(job: &Job, owner: &str, now: u64) -> Vec<(String, String)> {
    let response = &job.response;
    let believed = |name: &str| job.variables.get(name).cloned().unwrap_or_default();
    let runners = [
        ("managed", "true".to_owned()),
        ("job.id", response.id.to_string()),
        ("job.sha", response.git_info.sha.clone()),
        ("job.before_sha", response.git_info.before_sha.clone()),
        ("job.ref", response.git_info.r#ref.clone()),
        ("job.timeout", format!("{}s", response.timeout_secs())),
        ("project.id", response.job_info.project_id.to_string()),
        ("pipeline.id", believed("CI_PIPELINE_ID")),
        ("runner.id", believed("CI_RUNNER_SHORT_TOKEN")),
        ("runner.local_id", believed("CI_CONCURRENT_ID")),
    ];
    let mut labels: Vec<(String, String)> = runners
        .into_iter()
        .map(|(name, value)| (format!("com.gitlab.gitlab-runner.{name}"), value))
        .collect();
    labels.push((label::JOB.to_owned(), job.identity.key()));
    labels.push((label::OWNER.to_owned(), owner.to_owned()));
    labels.push((
        label::DEADLINE.to_owned(),
        deadline_secs(job, now).to_string(),
    ));
    labels
}

/// When the job cannot be alive any more.
pub(super) fn deadline_secs(job: &Job, now: u64) -> u64 {
    now + job.response.timeout_secs() + DEADLINE_MARGIN_SECS
}

/// The runner's word for it. Source: gitlab-runner `executors/docker/docker.go`.
pub(super) fn runners_word(role: Role) -> &'static str {
    match role {
        Role::Helper => "predefined",
        Role::Build => "build",
        Role::Service(_) => "service",
    }
}
