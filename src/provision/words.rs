//! What the platform's own states do, in plain words; other states keep their names.
//!
//! Source: platform revision of May 2023, `provisioning-pipeline-construct.ts`.

use crate::rollout::clean;

const LONGEST: usize = 80;

/// What a state does: while it does it, and when it is done.
const STATES: [(&str, [&str; 2]); 8] = [
    (
        "Status=IN PROGRESS",
        ["Noting the start in the audit table", "Noted the start"],
    ),
    (
        "Serialize Env Vars",
        ["Preparing the parameters", "Prepared the parameters"],
    ),
    (
        "Package Boilerplate Map",
        ["Packaging boilerplates", "Packaged"],
    ),
    (
        "Deploy Boilerplate Map",
        ["Deploying boilerplates", "Deployed"],
    ),
    (
        "Aggregate Output",
        ["Gathering the outputs", "Gathered the outputs"],
    ),
    (
        "Status=SUCCESS",
        ["Noting the success in the audit table", "Noted the success"],
    ),
    (
        "Status=FAILED",
        ["Noting the failure in the audit table", "Noted the failure"],
    ),
    ("Fail", ["Ending as failed", "Ended as failed"]),
];

pub(super) fn doing(state: &str) -> String {
    known(state).map_or_else(
        || format!("State `{}`", clean(state, LONGEST)),
        |words| words[0].to_owned(),
    )
}

pub(super) fn done(state: &str) -> String {
    known(state).map_or_else(
        || format!("Done: `{}`", clean(state, LONGEST)),
        |words| words[1].to_owned(),
    )
}

fn known(state: &str) -> Option<[&'static str; 2]> {
    STATES
        .into_iter()
        .find(|(name, _)| *name == state)
        .map(|(_, words)| words)
}

/// The stacks that a boilerplate makes, by the values of its order. Source: the boilerplates themselves, `common/`.
pub(super) fn stacks(boilerplate: &str, value: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let application = value(super::order::APPLICATION);
    let of = |id: Option<String>, suffix: &str| id.map(|id| format!("{id}-{suffix}"));
    let named = match boilerplate {
        "aws_ecs" => of(application, "ecs-resources"),
        "aws_rds" => of(value("RDS_ID").or(application), "rds-resource"),
        "aws_efs" => of(value("EFS_NAME"), "efs-resource"),
        _ => None,
    };
    named.into_iter().collect()
}
