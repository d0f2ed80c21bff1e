//! When images are fetched: the operator's policies, and the job's own among those that are allowed.

use std::fmt::{self, Display};

use super::list;
use crate::error::{Cause, Error, Result};
use crate::job::ImageSpec;
use crate::settings::JobContainerSettings;

/// When an image is fetched from its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

impl PullPolicy {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "always" => Some(PullPolicy::Always),
            "if-not-present" => Some(PullPolicy::IfNotPresent),
            "never" => Some(PullPolicy::Never),
            _ => None,
        }
    }
}

impl Display for PullPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PullPolicy::Always => "always",
            PullPolicy::IfNotPresent => "if-not-present",
            PullPolicy::Never => "never",
        })
    }
}

/// The job's own policies where the operator allows them, else the operator's.
///
/// Source: gitlab-runner `executors/docker/internal/pull/manager.go`: an empty intersection is the job's error.
pub(super) fn pull_policies(
    spec: &ImageSpec,
    settings: &JobContainerSettings,
) -> Result<Vec<PullPolicy>> {
    let operators = parse_policies(settings.pull_policy.items(), "pull_policy")?;
    if operators.is_empty() {
        return Err(Error::usage(
            "the settings are wrong: `executor.docker.pull_policy` is empty",
        ));
    }
    let allowed = match settings.allowed_pull_policies.as_slice() {
        [] => operators.clone(),
        some => parse_policies(some, "allowed_pull_policies")?,
    };
    if spec.pull_policy.is_empty() {
        return Ok(operators);
    }
    let mut chosen = Vec::new();
    for text in &spec.pull_policy {
        let policy = PullPolicy::parse(text).ok_or_else(|| {
            Error::refused(format!(
                "`{text}` is no pull policy (image `{}`, set by the pipeline)",
                spec.name
            ))
            .hint("write `always`, `if-not-present` or `never`")
        })?;
        if allowed.contains(&policy) {
            chosen.push(policy);
        }
    }
    if chosen.is_empty() {
        return Err(Error::refused(format!(
            "the pull policy {} of image `{}`, set by the pipeline, is not allowed on this runner",
            list(&spec.pull_policy),
            spec.name
        ))
        .caused_by(Cause::line(format!("allowed by the runner's settings: {}", list(&allowed))))
        .hint("remove `pull_policy:` from the job, or ask the operator to extend `allowed_pull_policies`"));
    }
    Ok(chosen)
}

fn parse_policies(texts: &[String], key: &str) -> Result<Vec<PullPolicy>> {
    let parse = |text: &String| {
        PullPolicy::parse(text).ok_or_else(|| {
            Error::usage(format!(
                "the settings are wrong: `{text}` in `executor.docker.{key}` is no pull policy"
            ))
            .hint("write `always`, `if-not-present` or `never`")
        })
    };
    texts.iter().map(parse).collect()
}
