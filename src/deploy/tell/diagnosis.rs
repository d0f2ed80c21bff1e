//! The one block after an end that is not the wanted one: which tasks stopped and why, their last lines, events, alarms,
//! what runs now. `failure` follows it: the end itself, its cause, and whose turn it is.
//!
//! Lines of strangers stand behind `| `, so that none of them is taken for one of ours, nor for a mark of GitLab's log.
//! Refuses to say anything about a good end. Read next: `groups`, `reason`.

use std::time::Duration;

use super::groups::{Group, groups};
use super::words;
use crate::deploy::result::{Deployed, Verified};

const MOST_GROUPS: usize = 5;
const MOST_EVENTS: usize = 8;
const MOST_LOG_LINES: usize = 20;

/// Whole lines; `None` for a good end, and where nothing was seen.
pub(crate) fn diagnosis(deployed: &Deployed) -> Option<String> {
    if deployed.outcome.is_good() {
        return None;
    }
    let mut text = String::new();
    if let Some(rollback) = &deployed.rollback {
        let who = match rollback.ours {
            true => "baws-ci, as was asked for",
            false => "ECS",
        };
        text.push_str(&format!("  rollback by {who}\n"));
        if !rollback.reason.is_empty() {
            text.push_str(&format!("    | {}\n", words::line(&rollback.reason)));
        }
    }
    digests(deployed, &mut text);
    let groups = groups(&deployed.stopped_tasks);
    for group in groups.iter().take(MOST_GROUPS) {
        group.tell(&mut text);
    }
    if let Some(more) = groups
        .len()
        .checked_sub(MOST_GROUPS)
        .filter(|more| *more > 0)
    {
        text.push_str(&format!("  and {more} more ways to stop\n"));
    }
    text.push_str(&task_log(deployed));
    events(deployed, &mut text);
    if !deployed.alarms.is_empty() {
        let names: Vec<String> = deployed.alarms.iter().map(|one| words::name(one)).collect();
        text.push_str(&format!("  alarms that went off: {}\n", names.join(", ")));
    }
    now(deployed, &mut text);
    for note in &deployed.notes {
        text.push_str(&format!("  note: {}\n", words::line(note)));
    }
    if text.is_empty() {
        return None;
    }
    let head = format!("what was seen of `{}`\n", words::name(&deployed.target));
    Some(head + &text)
}

impl Group<'_> {
    fn tell(&self, text: &mut String) {
        let Some(first) = self.tasks.first() else {
            return;
        };
        let head = match self.tasks.len() {
            1 => "1 task stopped".to_owned(),
            many => format!("{many} tasks stopped the same way"),
        };
        text.push_str(&format!("  {head}: {}\n", self.reason.plain));
        let mut ids: Vec<String> = self
            .tasks
            .iter()
            .take(3)
            .map(|one| words::tail(&one.task))
            .collect();
        if self.tasks.len() > 3 {
            ids.push("…".to_owned());
        }
        text.push_str(&format!("    task {}", ids.join(", ")));
        if let Some(container) = &first.container {
            text.push_str(&format!(", container {}", words::name(container)));
        }
        if let Some(code) = &first.stop_code {
            text.push_str(&format!(", {}", words::stop_code(code)));
        }
        if let Some(status) = first.exit_code {
            text.push_str(&format!(", exit code {status}"));
        }
        text.push('\n');
        if !first.reason.is_empty() {
            text.push_str(&format!("    | {}\n", words::line(&first.reason)));
        }
        let with_log = self.tasks.iter().find(|one| !one.log.is_empty());
        if let Some(task) = with_log {
            text.push_str(&format!(
                "    last lines of task {}\n",
                words::tail(&task.task)
            ));
            quote(&task.log, "      ", text);
        }
    }
}

fn quote(lines: &[String], indent: &str, text: &mut String) {
    let skipped = lines.len().saturating_sub(MOST_LOG_LINES);
    for line in lines.iter().skip(skipped) {
        let line = format!("{indent}| {}", words::line(line));
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// What a one-off task wrote, as whole lines; empty where that is nothing. A failure's block has it already.
pub(crate) fn task_log(deployed: &Deployed) -> String {
    let mut text = String::new();
    if !deployed.log.is_empty() {
        text.push_str("  last lines of the task\n");
        quote(&deployed.log, "    ", &mut text);
    }
    text
}

fn digests(deployed: &Deployed, text: &mut String) {
    if deployed.verified == Verified::No {
        text.push_str(&format!(
            "  wanted: {}\n  runs:   {}\n",
            words::short_digests(&deployed.digests_expected),
            match deployed.digests_observed.is_empty() {
                true => "not told".to_owned(),
                false => words::short_digests(&deployed.digests_observed),
            }
        ));
    }
}

fn events(deployed: &Deployed, text: &mut String) {
    if deployed.events.is_empty() {
        return;
    }
    text.push_str("  events of the service since the start\n");
    let skipped = deployed.events.len().saturating_sub(MOST_EVENTS);
    for event in deployed.events.iter().skip(skipped) {
        let after: Duration = event.at.since(deployed.began_at);
        let after = match words::utc(deployed.began_at) {
            Some(_) => format!("+{} ", crate::output::duration(after)),
            None => String::new(),
        };
        text.push_str(&format!("    {after}| {}\n", words::line(&event.message)));
    }
}

fn now(deployed: &Deployed, text: &mut String) {
    let Some(last) = deployed.timeline.last() else {
        return;
    };
    text.push_str(&format!(
        "  when last looked: {} of this deployment ran, and {} of others\n",
        words::of_tasks(last.running, last.desired),
        last.others
    ));
}
