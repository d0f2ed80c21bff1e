//! The rule that would grant what a job was refused, as TOML for the operator.

use crate::error::{Cause, Error};
use crate::image_ref::ImageRef;
use crate::job::{Facts, Protection};
use crate::settings::GrantSettings;

use super::grants::Asked;

/// `{project}` in place of the project's own path, where the repository carries it.
pub(super) fn suggestion(target: &ImageRef, facts: &Facts) -> String {
    let project = facts.project.to_lowercase();
    match target.name().strip_suffix(&format!("/{project}")) {
        Some(host) => format!("{host}/{{project}}"),
        None => target.name().to_owned(),
    }
}

/// One rule for this job's project and side of protection, with `line` in it.
pub(super) fn rule_for(facts: &Facts, line: &str) -> String {
    let refs = match facts.protection {
        Protection::Protected => "",
        Protection::Unprotected => "\n    refs = \"unprotected\"",
    };
    format!(
        "    [[grants]]\n    projects = [\"{}\"]{refs}\n    {line}",
        facts.project
    )
}

/// No rule fits the job at all.
pub(super) fn nothing_granted(facts: &Facts, rules: &[GrantSettings], asked: Asked) -> Error {
    let why = if rules.is_empty() {
        "the settings of this runner hold no [[grants]]".to_owned()
    } else {
        format!(
            "none of the {} rules in [[grants]] is for project `{}`, {} ({})",
            rules.len(),
            facts.project,
            facts.reference,
            facts.protection
        )
    };
    let (what, line) = match asked {
        Asked::Images => (
            "build, push or promote images",
            "push = [\"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{project}\"]",
        ),
        Asked::Services => (
            "deploy or look at services",
            "deploy = [\"arn:aws:ecs:eu-west-1:123456789012:service/CLUSTER/{name}\"]",
        ),
        Asked::Keys => (
            "have keys of AWS",
            "credentials = [\"arn:aws:iam::123456789012:role/ROLE\"]",
        ),
    };
    Error::refused(format!("this job may not {what} on this runner"))
        .caused_by(Cause::line(why))
        .hint(format!(
            "the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):\n{}",
            rule_for(facts, line)
        ))
}
