//! The table of all metrics, and what one job adds to them.

use super::super::diary::{End, Work};
use super::super::story::{Outcome, Story};
use super::text::{Series, bucket, name};

pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    /// Names of labels, each with all its values.
    labels: &'static [(&'static str, &'static [&'static str])],
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Upper bounds in seconds; above the last is one more.
pub(super) const BUCKETS: [f64; 13] = [
    0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
];

const OUTCOMES: &[&str] = &[
    "success",
    "failed",
    "refused",
    "system_failure",
    "cancelled",
    "timed_out",
    "unknown",
];
/// The classes of `error` that end a stage, and what is no error.
const CLASSES: &[&str] = &[
    "script",
    "refused",
    "usage",
    "denied",
    "precondition",
    "system",
    "cancelled",
    "timed_out",
    "killed",
    OTHER,
];
const PARTS: &[&str] = &[
    "images",
    "containers",
    "sources",
    "script",
    "after_script",
    "cache",
    "artifacts",
];
const VERBS: &[&str] = &[
    "build", "push", "promote", "deploy", "restart", "start", "stop", "rollback", "status",
    "run-task", "auth", OTHER,
];
const ENDS: &[&str] = &["done", "failed"];
const PROTECTION: &[&str] = &["true", "false"];
const OTHER: &str = "other";
const VERSION: &[&str] = &[env!("CARGO_PKG_VERSION")];

const JOBS: &str = "baws_ci_jobs_total";
const FAILURES: &str = "baws_ci_job_failures_total";
const PROTECTED: &str = "baws_ci_jobs_by_protection_total";
const SECONDS: &str = "baws_ci_job_seconds";
const PART_SECONDS: &str = "baws_ci_job_part_seconds";
const REQUESTS: &str = "baws_ci_requests_total";
const REQUEST_SECONDS: &str = "baws_ci_request_seconds";
const PULLED: &str = "baws_ci_images_pulled_total";
const NOT_PULLED: &str = "baws_ci_image_pull_failures_total";
const LAST: &str = "baws_ci_last_job_timestamp_seconds";
const BUILD: &str = "baws_ci_build_info";

const fn family(
    name: &'static str,
    kind: Kind,
    labels: &'static [(&'static str, &'static [&'static str])],
    help: &'static str,
) -> Family {
    Family {
        name,
        help,
        kind,
        labels,
    }
}

pub(super) const FAMILIES: &[Family] = &[
    family(
        JOBS,
        Kind::Counter,
        &[("outcome", OUTCOMES)],
        "Jobs that ended on this host; a preparation that is tried again counts each time.",
    ),
    family(
        FAILURES,
        Kind::Counter,
        &[("class", CLASSES)],
        "Jobs that did not succeed, by whose turn it is.",
    ),
    family(
        PROTECTED,
        Kind::Counter,
        &[("protected", PROTECTION)],
        "Jobs by whether GitLab called their ref protected.",
    ),
    family(
        SECONDS,
        Kind::Histogram,
        &[],
        "How long a job was on this host, from its preparation to its cleanup.",
    ),
    family(
        PART_SECONDS,
        Kind::Histogram,
        &[("part", PARTS)],
        "How long a part of a job took, where it has that part.",
    ),
    family(
        REQUESTS,
        Kind::Counter,
        &[("verb", VERBS), ("end", ENDS)],
        "What jobs asked this host for.",
    ),
    family(
        REQUEST_SECONDS,
        Kind::Histogram,
        &[("verb", &["build", "push", "deploy"])],
        "How long a build, a push or a deployment took that a job asked for.",
    ),
    family(
        PULLED,
        Kind::Counter,
        &[],
        "Images that were fetched for jobs.",
    ),
    family(
        NOT_PULLED,
        Kind::Counter,
        &[],
        "Images that could not be fetched.",
    ),
    family(
        LAST,
        Kind::Gauge,
        &[],
        "When a job last ended on this host, in seconds since 1970.",
    ),
    family(
        BUILD,
        Kind::Gauge,
        &[("version", VERSION)],
        "The program that wrote this, always 1.",
    ),
];

/// Each set of labels that a family has a series for.
pub(super) fn labels(family: &Family) -> Vec<Vec<(&'static str, &'static str)>> {
    family
        .labels
        .iter()
        .fold(vec![Vec::new()], |sets, (name, values)| {
            let longer = sets.iter().flat_map(|set| {
                values.iter().map(|value| {
                    let mut set = set.clone();
                    set.push((*name, *value));
                    set
                })
            });
            longer.collect()
        })
}

/// A value of the table, `other` for all it does not have.
fn known(values: &[&'static str], value: &str) -> &'static str {
    let found = values.iter().find(|known| **known == value);
    found.copied().unwrap_or(OTHER)
}

pub(super) fn added(series: &mut Series, story: &Story) {
    count(
        series,
        &name(JOBS, "", &[("outcome", story.outcome.name())]),
    );
    if story.outcome != Outcome::Success {
        let class = story.failure.as_ref().map_or(OTHER, |one| &one.class);
        count(
            series,
            &name(FAILURES, "", &[("class", known(CLASSES, class))]),
        );
    }
    let protected = match story.about.protected {
        Some(true) => "true",
        Some(false) | None => "false",
    };
    count(series, &name(PROTECTED, "", &[("protected", protected)]));
    observe(series, SECONDS, &[], story.took_ms());
    for (part, ms) in story.parts() {
        if PARTS.contains(&part) {
            observe(series, PART_SECONDS, &[("part", part)], ms);
        }
    }
    for span in &story.spans {
        let Some((at_ms, end)) = &span.ended else {
            continue;
        };
        match &span.work {
            Work::Request(verb) => {
                let end = match end {
                    End::Done => "done",
                    End::Status(_) | End::Cancelled | End::Trouble(_) => "failed",
                };
                let labels = [("verb", known(VERBS, verb)), ("end", end)];
                count(series, &name(REQUESTS, "", &labels));
                if matches!(verb.as_str(), "build" | "push" | "deploy") {
                    let ms = at_ms.saturating_sub(span.began_ms);
                    observe(series, REQUEST_SECONDS, &[("verb", verb)], ms);
                }
            }
            Work::Pull(_) => count(
                series,
                match end {
                    End::Done => PULLED,
                    End::Status(_) | End::Cancelled | End::Trouble(_) => NOT_PULLED,
                },
            ),
            Work::Prepare | Work::Images | Work::Containers | Work::Stage(_) => {}
        }
    }
    let last = series.entry(LAST.to_owned()).or_default();
    *last = last.max(story.ended_ms as f64 / 1000.0);
    series.insert(name(BUILD, "", &[("version", VERSION[0])]), 1.0);
}

fn count(series: &mut Series, name: &str) {
    *series.entry(name.to_owned()).or_default() += 1.0;
}

fn observe(series: &mut Series, family: &str, labels: &[(&str, &str)], ms: u64) {
    let seconds = ms as f64 / 1000.0;
    let index = BUCKETS.iter().position(|bound| seconds <= *bound);
    count(
        series,
        &bucket(family, labels, index.unwrap_or(BUCKETS.len())),
    );
    let sum = series.entry(name(family, "_sum", labels)).or_default();
    *sum += seconds;
}
