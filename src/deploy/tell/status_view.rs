//! What runs now, for people: one view of a service, and what changed between two looks at it.

use std::collections::BTreeMap;

use super::json::health;
use super::words;
use crate::deploy::status::{Status, StatusDeployment, StatusTask};
use crate::output::columns;

const MOST_TASKS: usize = 20;
const MOST_EVENTS: usize = 5;

/// Ends with a line's end.
pub(crate) fn status(status: &Status) -> String {
    let mut text = format!("{}: {}\n", words::name(&status.target), counts(status));
    if !status.task_definition.is_empty() {
        text.push_str(&format!(
            "  task definition  {}\n",
            words::tail(&status.task_definition)
        ));
    }
    for digest in &status.digests {
        text.push_str(&format!("  digest           {}\n", words::name(digest)));
    }
    if let Some(url) = &status.url {
        text.push_str(&format!("  URL              {}\n", words::name(url)));
    }
    if !status.deployments.is_empty() {
        text.push_str("\ndeployments\n");
        let mut rows =
            vec![["id", "status", "rollout", "tasks", "task definition"].map(str::to_owned)];
        rows.extend(status.deployments.iter().map(|one| {
            [
                words::name(&one.id),
                words::name(&one.status),
                rollout(one),
                format!("{} of {}", one.running, one.desired),
                words::tail(&one.task_definition),
            ]
        }));
        text.push_str(&indented(&columns(&rows)));
    }
    if !status.tasks.is_empty() {
        text.push_str("\ntasks\n");
        let mut rows = vec![["task", "status", "health", "container", "digest"].map(str::to_owned)];
        rows.extend(status.tasks.iter().take(MOST_TASKS).flat_map(task_rows));
        text.push_str(&indented(&columns(&rows)));
        if let Some(more) = status
            .tasks
            .len()
            .checked_sub(MOST_TASKS)
            .filter(|more| *more > 0)
        {
            text.push_str(&format!("  and {more} more\n"));
        }
    }
    if !status.events.is_empty() {
        text.push_str("\nevents\n");
        let skipped = status.events.len().saturating_sub(MOST_EVENTS);
        for event in status.events.iter().skip(skipped) {
            let at = words::utc(event.at).unwrap_or_default();
            text.push_str(&format!("  {at} | {}\n", words::line(&event.message)));
        }
    }
    for note in &status.notes {
        text.push_str(&format!("note: {}\n", words::line(note)));
    }
    text
}

/// One line for each thing that changed; empty: nothing did.
pub(crate) fn changes(before: &Status, after: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    if counts(before) != counts(after) {
        lines.push(counts(after));
    }
    let ids = |status: &Status| -> BTreeMap<String, StatusDeployment> {
        let all = status.deployments.iter();
        all.map(|one| (one.id.clone(), one.clone())).collect()
    };
    let (old, new) = (ids(before), ids(after));
    for one in &after.deployments {
        let told = deployment(one);
        match old.get(&one.id) {
            None => lines.push(format!("new {told}, {}", words::tail(&one.task_definition))),
            Some(known) if deployment(known) != told => lines.push(told),
            Some(_) => {}
        }
    }
    for gone in old.keys().filter(|id| !new.contains_key(*id)) {
        lines.push(format!("deployment {} is gone", words::name(gone)));
    }
    if before.digests != after.digests {
        lines.push(match after.digests.is_empty() {
            true => "no digest is told any more".to_owned(),
            false => format!("runs {}", words::short_digests(&after.digests)),
        });
    }
    for event in &after.events {
        if !before.events.contains(event) {
            lines.push(format!("event: {}", words::line(&event.message)));
        }
    }
    lines
}

fn counts(status: &Status) -> String {
    let mut text = words::tasks_run(status.running, status.desired);
    if status.pending > 0 {
        text.push_str(&format!(", {} starting", status.pending));
    }
    if status.state != "active" && !status.state.is_empty() {
        text.push_str(&format!(", service is {}", words::name(&status.state)));
    }
    text.push_str(match status.is_busy() {
        true => ", a deployment is under way",
        false => "",
    });
    text
}

fn deployment(one: &StatusDeployment) -> String {
    let mut text = format!(
        "deployment {} ({}): {}, {}",
        words::name(&one.id),
        words::name(&one.status),
        rollout(one),
        words::tasks_run(one.running, one.desired)
    );
    if one.failed_tasks > 0 {
        text.push_str(&format!(", {} failed", one.failed_tasks));
    }
    text
}

fn rollout(one: &StatusDeployment) -> String {
    match &one.rollout {
        Some(state) => words::name(state).replace('_', " "),
        None => "not told".to_owned(),
    }
}

fn task_rows(task: &StatusTask) -> Vec<[String; 5]> {
    let row = |container: String, digest: String| {
        [
            words::name(&task.task),
            words::name(&task.status),
            health(task.health).to_owned(),
            container,
            digest,
        ]
    };
    if task.containers.is_empty() {
        return vec![row(String::new(), "not told".to_owned())];
    }
    let of = |one: &crate::deploy::status::StatusContainer| {
        let digest = one.digest.as_deref().map(words::short_digest);
        row(
            words::name(&one.name),
            digest.unwrap_or("not told".to_owned()),
        )
    };
    task.containers.iter().map(of).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
