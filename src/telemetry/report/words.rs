//! The report in words, for a terminal.

use std::time::Duration;

use super::summary::{Failures, Told};
use crate::output::{columns, duration, utc};

/// Of each list.
const MOST: usize = 5;

pub(super) fn words(told: &Told) -> String {
    let mut text = format!(
        "{} records of {} jobs on {} from {} to {} UTC\n",
        told.records,
        told.jobs,
        told.host,
        at(told.from_ms),
        at(told.until_ms)
    );
    if told.records == 0 {
        return text;
    }
    let outcomes = told.outcomes.iter().filter(|one| one.count > 0);
    let outcomes: Vec<String> = outcomes
        .map(|one| format!("{} {}", one.count, one.outcome.name()))
        .collect();
    text.push_str(&format!("{}\n\n", outcomes.join(", ")));
    let title = ["PART", "TIME", "SHARE", "JOBS", "MEAN"].map(str::to_owned);
    let parts = told.parts.iter().filter(|part| part.jobs > 0).map(|part| {
        [
            part.name.to_owned(),
            took(part.ms),
            share(part.ms, told.total_ms),
            part.jobs.to_string(),
            took(part.ms / part.jobs.max(1)),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(title).chain(parts).collect();
    text.push_str(&columns(&rows));
    for class in &told.failures {
        text.push_str(&failures(class));
    }
    if !told.slowest.is_empty() {
        text.push_str("\nSlowest\n");
        let rows = told.slowest.iter().take(MOST).map(|one| {
            [
                format!("  {}", took(one.ms)),
                one.job_id.to_string(),
                one.project.clone(),
                one.job.clone(),
            ]
        });
        text.push_str(&columns(&rows.collect::<Vec<_>>()));
    }
    if !told.images.is_empty() {
        text.push_str("\nPulled most\n");
        let rows = told
            .images
            .iter()
            .take(MOST)
            .map(|one| [format!("  {}", one.count), took(one.ms), one.name.clone()]);
        text.push_str(&columns(&rows.collect::<Vec<_>>()));
    }
    text
}

fn failures(class: &Failures) -> String {
    let rows = class.latest.iter().take(MOST).map(|one| {
        [
            format!("  {}", one.job_id),
            one.project.clone(),
            one.stage.clone(),
            one.sentence.clone(),
        ]
    });
    format!(
        "\n{} {}\n{}",
        class.count,
        class.class,
        columns(&rows.collect::<Vec<_>>())
    )
}

/// `2026-11-29 13:05`
pub(super) fn at(ms: u64) -> String {
    let secs = i64::try_from(ms / 1000).unwrap_or(0);
    let text = utc(secs).replace('T', " ");
    text.get(..16).unwrap_or(&text).to_owned()
}

pub(super) fn took(ms: u64) -> String {
    let long = ms / 3_600_000;
    match long {
        0..2 => duration(Duration::from_millis(ms)),
        hours => format!("{hours} h {} min", ms / 60_000 % 60),
    }
}

pub(super) fn share(ms: u64, of: u64) -> String {
    match of {
        0 => String::new(),
        of => format!("{:.1} %", 100.0 * ms as f64 / of as f64),
    }
}
