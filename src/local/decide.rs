//! Whether a job runs, from what became of the jobs before it. Pure.
//!
//! Source: GitLab's `when` and `needs`: a job waits for its needs, else for every earlier stage; an allowed failure counts
//! as success; a needed job that was skipped takes the one that needs it along.

use std::collections::BTreeMap;

use super::outcome::Failure;
use crate::pipeline::{AllowFailure, Job, Pipeline, When};

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Passed,
    /// It failed, and the pipeline goes on.
    Allowed(String),
    /// In words for people.
    Failed(String),
    Canceled,
    /// Why it was not run.
    Skipped(String),
}

/// `None`: run it. Otherwise why not.
pub(super) fn skip(
    pipeline: &Pipeline,
    job: &Job,
    fates: &BTreeMap<String, Fate>,
) -> Option<String> {
    let mut failed = None;
    for before in pipeline.needed_by(job) {
        match fates.get(&before.name) {
            Some(Fate::Failed(_)) => failed = failed.or(Some(&before.name)),
            Some(Fate::Canceled) => return Some(format!("`{}` was cancelled", before.name)),
            Some(Fate::Skipped(_)) if job.needs.is_some() && job.when != When::Always => {
                return Some(format!("`{}` was skipped", before.name));
            }
            Some(Fate::Passed | Fate::Allowed(_) | Fate::Skipped(_)) => {}
            // Not among the jobs of this run: a manual job that nobody named.
            None if job.needs.is_some() || before.allow_failure == AllowFailure::No => {
                return Some(format!("`{}` is manual and was not named", before.name));
            }
            None => {}
        }
    }
    match (job.when, failed) {
        (When::OnSuccess | When::Manual | When::Delayed, Some(name)) => {
            Some(format!("`{name}` failed"))
        }
        (When::OnFailure, None) => Some("nothing failed".to_owned()),
        (When::Never, _) => Some("its rules say never".to_owned()),
        (When::OnSuccess | When::Manual | When::Delayed, None)
        | (When::OnFailure, Some(_))
        | (When::Always, _) => None,
    }
}

/// Whether everything the job waits for has ended.
pub(super) fn is_ready(
    pipeline: &Pipeline,
    job: &Job,
    waiting: &[(u64, &Job)],
    running: &[&str],
) -> bool {
    let open =
        |name: &str| running.contains(&name) || waiting.iter().any(|(_, other)| other.name == name);
    !pipeline
        .needed_by(job)
        .into_iter()
        .any(|before| before.name != job.name && open(&before.name))
}

/// Whether two of the jobs may run at the same time.
pub(super) fn overlaps(pipeline: &Pipeline, chosen: &[&Job]) -> bool {
    let mut waiting: Vec<(u64, &Job)> = (0..).zip(chosen.iter().copied()).collect();
    while !waiting.is_empty() {
        let ready: Vec<usize> = (0..waiting.len())
            .filter(|at| is_ready(pipeline, waiting[*at].1, &waiting, &[]))
            .collect();
        match ready.as_slice() {
            [] => return false,
            [one] => {
                waiting.remove(*one);
            }
            _ => return true,
        }
    }
    false
}

/// Whether a failure with this exit code lets the pipeline go on.
pub(super) fn is_allowed(job: &Job, exit_code: Option<i64>) -> bool {
    match &job.allow_failure {
        AllowFailure::No => false,
        AllowFailure::Yes => true,
        AllowFailure::ExitCodes(codes) => exit_code.is_some_and(|code| codes.contains(&code)),
    }
}

/// The fate of a job that has no exit code.
pub(super) fn failed(job: &Job, why: &str) -> Fate {
    match is_allowed(job, None) {
        true => Fate::Allowed(why.to_owned()),
        false => Fate::Failed(why.to_owned()),
    }
}

/// Whether `retry` wants another attempt after this failure.
///
/// Source: GitLab, `lib/gitlab/ci/build/auto_retry.rb`: a reason or an exit code that is listed is enough.
pub(super) fn is_repeated(job: &Job, failure: &Failure) -> bool {
    let (reasons, code): (&[&str], _) = match failure {
        Failure::Script(code) => (&["script_failure"], *code),
        Failure::System(_) => (&["runner_system_failure"], None),
        Failure::JobTimeout | Failure::ScriptTimeout => {
            (&["job_execution_timeout", "stuck_or_timeout_failure"], None)
        }
        Failure::Canceled => return false,
    };
    let (when, codes) = (&job.retry.when, &job.retry.exit_codes);
    let by_reason = when
        .iter()
        .any(|one| one == "always" || reasons.contains(&one.as_str()));
    let by_code = code.is_some_and(|code| codes.contains(&code));
    (when.is_empty() && codes.is_empty()) || by_reason || by_code
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
stages: [one, two]
a: {stage: one, script: x}
b: {stage: one, script: x}
gate: {stage: one, script: x, when: manual, allow_failure: false}
next: {stage: two, script: x}
dag: {stage: two, script: x, needs: [b]}
rescue: {stage: two, script: x, when: on_failure}
ever: {stage: two, script: x, when: always}
";

    #[test]
    fn what_runs_follows_from_what_ran() {
        let pipeline = Pipeline::parse(&TEXT.replace("gate:", ".gate:"), "ci.yml").unwrap();
        let said = |fates: &[(&str, Fate)]| {
            let fates = fates
                .iter()
                .map(|(name, fate)| ((*name).to_owned(), fate.clone()))
                .collect();
            let told = |name: &str| {
                skip(&pipeline, pipeline.job(name).unwrap(), &fates)
                    .unwrap_or_else(|| "runs".to_owned())
            };
            ["next", "dag", "rescue", "ever"].map(told)
        };
        let passed = ("b", Fate::Passed);
        assert_eq!(
            said(&[("a", Fate::Passed), passed.clone()]),
            ["runs", "runs", "nothing failed", "runs"]
        );
        assert_eq!(
            said(&[("a", Fate::Failed("x".into())), passed.clone()]),
            ["`a` failed", "runs", "runs", "runs"]
        );
        assert_eq!(
            said(&[("a", Fate::Allowed("x".into())), passed]),
            ["runs", "runs", "nothing failed", "runs"]
        );
        let skipped = ("b", Fate::Skipped("x".into()));
        assert_eq!(
            said(&[("a", Fate::Passed), skipped]),
            ["runs", "`b` was skipped", "nothing failed", "runs"]
        );
    }

    #[test]
    fn a_manual_job_that_must_not_fail_holds_up_what_follows() {
        let pipeline = Pipeline::parse(TEXT, "ci.yml").unwrap();
        let fates = [("a", Fate::Passed), ("b", Fate::Passed)]
            .map(|(name, fate)| (name.to_owned(), fate))
            .into();
        let told = skip(&pipeline, pipeline.job("next").unwrap(), &fates);
        assert_eq!(told.as_deref(), Some("`gate` is manual and was not named"));
    }
}
