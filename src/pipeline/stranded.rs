//! Jobs that need one which an event leaves out: GitLab takes the file, and makes no pipeline when the event comes.
//!
//! Tells only what is certain: of events everybody has, and of rules that ask for nothing but what such an event sets. What a
//! project's own variables, its files and its changes decide is left to `local --event`, which knows them.

use std::collections::HashSet;

use super::fault::{Fault, Faults, Rule};
use super::only::Policy;
use super::plan::Plan;
use super::{Conditions, EventKind, Job, Pipeline};

/// An event, its branch or tag, and the default branch.
type Event = (EventKind, &'static str, &'static str);

/// What happens to every project, each with the ways in which it may be told; a job is stranded if it is in all of them.
const EVENTS: [(&str, &[Event]); 4] = [
    (
        "on the default branch",
        &[
            (EventKind::Push, "main", "main"),
            (EventKind::Push, "master", "master"),
            (EventKind::Push, "develop", "develop"),
        ],
    ),
    (
        "on another branch",
        &[
            (EventKind::Push, "baws/any-branch", "main"),
            (EventKind::Push, "baws/any-branch", "master"),
        ],
    ),
    (
        "of a merge request",
        &[(EventKind::MergeRequest, "baws/any-branch", "main")],
    ),
    ("of a tag", &[(EventKind::Tag, "v1.0.0", "main")]),
];

/// What an event sets, and so what a certain condition may ask for.
const KNOWN: [&str; 5] = [
    "CI_PIPELINE_SOURCE",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_TAG",
    "CI_MERGE_REQUEST_IID",
    "CI_DEFAULT_BRANCH",
];

fn value((event, name, default): Event, variable: &str) -> Option<String> {
    let found = match variable {
        "CI_PIPELINE_SOURCE" => Some(event.source()),
        "CI_COMMIT_BRANCH" => Some(name).filter(|_| event.is_branch()),
        "CI_COMMIT_TAG" => Some(name).filter(|_| event == EventKind::Tag),
        "CI_MERGE_REQUEST_IID" => Some("1").filter(|_| event == EventKind::MergeRequest),
        "CI_DEFAULT_BRANCH" => Some(default),
        _ => None,
    };
    found.map(str::to_owned)
}

pub(super) fn check(pipeline: &Pipeline, faults: &mut Faults) {
    if !pipeline
        .workflow
        .iter()
        .flatten()
        .all(|rule| rule.asks_only_for(&KNOWN))
    {
        return;
    }
    let mut told = HashSet::new();
    for (words, ways) in EVENTS {
        let mut plans = ways.iter().map(|event| planned(pipeline, *event));
        let Some(first) = plans.next() else { continue };
        let others: Vec<Plan> = plans.collect();
        for one in first.broken.iter().filter(|_| first.none.is_none()) {
            let in_all = others
                .iter()
                .all(|plan| plan.none.is_none() && plan.broken.contains(one));
            let concerned = pipeline.jobs.iter().filter(|job| {
                job.name == one.job || job.name == one.need || job.written_name() == one.need
            });
            if in_all && concerned.into_iter().all(is_certain) && told.insert(one.at) {
                let text = format!(
                    "`{}` needs `{}`, which the pipeline {words} does not have: GitLab makes none then",
                    one.job, one.need
                );
                faults.add(Fault::warning(Rule::Needs, one.at, text).hint(
                    "let the rules of both say the same, or write `needs: [{job: …, optional: true}]`",
                ));
            }
        }
    }
}

fn planned(pipeline: &Pipeline, event: Event) -> Plan {
    let variables = |name: &str| value(event, name);
    let known = Conditions {
        event: event.0,
        ref_name: event.1,
        variables: &variables,
        files: None,
        changed: None,
    };
    pipeline.plan(&known, &[])
}

/// Whether nothing but the event decides whether the job exists.
fn is_certain(job: &Job) -> bool {
    let by_rules = job
        .rules
        .iter()
        .flatten()
        .all(|rule| rule.asks_only_for(&KNOWN));
    by_rules
        && [&job.only, &job.except]
            .into_iter()
            .flatten()
            .all(Policy::asks_for_refs_only)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let mut faults = Faults::default();
        check(&Pipeline::parse(text, "ci.yml").unwrap(), &mut faults);
        let lines = faults
            .iter()
            .map(|one| format!("{}: {}", one.at.line, one.text));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_job_whose_need_an_event_leaves_out_is_told_once() {
        let text = "
build: {script: x, rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]}
test: {script: x, needs: [build], rules: [{if: $CI_COMMIT_BRANCH}]}
lint: {script: x, only: [merge_requests]}
ship: {script: x, needs: [lint], only: [tags, merge_requests]}
";
        insta::assert_snapshot!(told(text), @r"
        3: `test` needs `build`, which the pipeline on another branch does not have: GitLab makes none then
        5: `ship` needs `lint`, which the pipeline of a tag does not have: GitLab makes none then
        ");
    }

    #[test]
    fn what_is_not_certain_is_not_told() {
        for text in [
            "{a: {script: x, rules: [{if: $DEPLOY}]}, b: {script: x, needs: [a]}}",
            "{a: {script: x, rules: [{changes: [src/*]}]}, b: {script: x, needs: [a]}}",
            "{a: {script: x, rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]}, b: {script: x, needs: [a], rules: [{if: $CI_COMMIT_BRANCH}]}}",
            "{a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}, b: {script: x, needs: [{job: a, optional: true}]}}",
            "{a: {script: x, rules: [{if: $CI_COMMIT_BRANCH == 'master'}]}, b: {script: x, needs: [a], rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]}}",
            "{workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}, a: {script: x, rules: [{if: $CI_COMMIT_BRANCH}]}, b: {script: x, needs: [a]}}",
            "{a: {script: x, only: {changes: [a]}}, b: {script: x, needs: [a]}}",
        ] {
            assert_eq!(told(text), "", "{text}");
        }
    }
}
