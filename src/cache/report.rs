//! What the host holds and what a collector did, for people and as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::collect::{Collected, Mode};
use super::held::{Held, Holding, State};
use super::ledger::Kind;
use crate::output::{age, bytes, columns, utc};

/// How many who use it a line names.
const NAMED: usize = 1;
/// Of a name in a table; the end says most.
const LONGEST_NAME: usize = 64;

impl State {
    const fn words(self) -> &'static str {
        match self {
            State::InUse => "in use",
            State::UsedOfLate => "used of late",
            State::Warm => "kept warm",
            State::Foreign => "not of a job",
            State::MayGo => "may go",
        }
    }
}

/// `project`: only what that project used.
pub(crate) fn as_json(held: &Held, budget: Option<u64>, project: Option<&str>) -> String {
    let holdings: Vec<_> = shown(held, project)
        .into_iter()
        .map(|one| {
            let mut value = json!(one);
            value["created_at"] = json!(moment(one.created_at));
            value["used_at"] = json!(one.used_at.map(moment));
            value
        })
        .collect();
    let sides: Vec<_> = by_side(held, project)
        .into_iter()
        .map(|((project, side), bytes)| {
            json!({"project": project, "side": side, "own_bytes": bytes})
        })
        .collect();
    let in_use = held.records.iter().filter(|record| record.in_use);
    let value = json!({
        "schema": "baws-ci/images/1",
        "held_bytes": held.total(),
        "budget_bytes": budget,
        "image_bytes": held.layers,
        "volume_bytes": held.volumes(),
        "build_cache_bytes": held.build_cache(),
        "build_cache_in_use_bytes": in_use.map(|record| record.size).sum::<u64>(),
        "holdings": holdings,
        "projects": sides,
    });
    format!("{value}\n")
}

fn moment(secs: u64) -> String {
    format!("{}Z", utc(secs.try_into().unwrap_or(i64::MAX)))
}

/// The most recently used first. `now`: unix seconds.
pub(crate) fn table(held: &Held, budget: Option<u64>, project: Option<&str>, now: u64) -> String {
    let title = ["KIND", "NAME", "SIZE", "OWN", "USED", "BY", "STATE"].map(str::to_owned);
    let since = |at: u64| format!("{} ago", age(Duration::from_secs(now.saturating_sub(at))));
    let row = |one: &Holding| {
        [
            one.kind.name().to_owned(),
            name(one),
            bytes(one.bytes),
            bytes(one.own_bytes),
            one.used_at.map_or_else(|| "-".to_owned(), since),
            users(one),
            one.state.words().to_owned(),
        ]
    };
    let rows: Vec<_> = std::iter::once(title)
        .chain(shown(held, project).into_iter().map(row))
        .collect();
    let mut text = columns(&rows);
    let sides = by_side(held, project);
    if !sides.is_empty() {
        let title = ["PROJECT", "SIDE", "OWN"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(title)
            .chain(
                sides
                    .into_iter()
                    .map(|((project, side), own)| [project, side, bytes(own)]),
            )
            .collect();
        text.push('\n');
        text.push_str(&columns(&rows));
    }
    let of = budget.map_or_else(String::new, |budget| format!(", of {}", bytes(budget)));
    text.push_str(&format!(
        "\nHeld: {}{of}: images {}, volumes {}, build cache {}\n",
        bytes(held.total()),
        bytes(held.layers),
        bytes(held.volumes()),
        bytes(held.build_cache())
    ));
    text
}

fn name(one: &Holding) -> String {
    let name = one.names.first().unwrap_or(&one.id);
    let length = name.chars().count();
    let name = match length > LONGEST_NAME {
        true => {
            let end: String = name.chars().skip(length - LONGEST_NAME + 1).collect();
            format!("…{end}")
        }
        false => name.clone(),
    };
    match one.names.len() {
        0 | 1 => name,
        more => format!("{name} (+{})", more - 1),
    }
}

fn users(one: &Holding) -> String {
    let named: Vec<String> = one
        .used_by
        .iter()
        .take(NAMED)
        .map(|whose| format!("{} ({})", whose.project, whose.side))
        .collect();
    match one.used_by.len() {
        0 => "-".to_owned(),
        all if all > NAMED => format!("{} (+{})", named.join(", "), all - NAMED),
        _ => named.join(", "),
    }
}

fn shown<'a>(held: &'a Held, project: Option<&str>) -> Vec<&'a Holding> {
    let is_wanted = |one: &&Holding| {
        let mut by = one.used_by.iter();
        project.is_none_or(|project| by.any(|whose| whose.project == project))
    };
    let mut shown: Vec<&Holding> = held.holdings.iter().filter(is_wanted).collect();
    shown.sort_by(|one, other| {
        (other.used_at, one.kind, &one.id).cmp(&(one.used_at, other.kind, &other.id))
    });
    shown
}

/// Of what one side of one project uses alone; the rest is shared.
fn by_side(held: &Held, project: Option<&str>) -> BTreeMap<(String, String), u64> {
    let mut sides: BTreeMap<(String, String), u64> = BTreeMap::new();
    for one in shown(held, project) {
        if let [whose] = &one.used_by[..] {
            *sides
                .entry((whose.project.clone(), whose.side.clone()))
                .or_default() += one.own_bytes;
        }
    }
    sides
}

/// What was done, and where that is not enough, that it is not.
pub(crate) fn collected(done: &Collected, mode: Mode) -> (String, Option<String>) {
    let count = |kind: Kind| {
        let gone = done.removed.iter().filter(|gone| gone.kind == kind.name());
        gone.count()
    };
    let what = format!(
        "{} images, {} volumes and {} of build cache that were used longest ago",
        count(Kind::Image),
        count(Kind::Volume),
        bytes(done.build_cache_bytes)
    );
    let held = format!(
        "{} of {}",
        bytes(done.after_bytes),
        bytes(done.budget_bytes)
    );
    let nothing = done.removed.is_empty() && done.build_cache_bytes == 0;
    let told = match (nothing, mode) {
        (true, _) => format!("Nothing was collected: {held} are held"),
        (false, Mode::Remove) => format!("Collected {what}: {held} are held"),
        (false, Mode::DryRun) => format!("Would collect {what}: about {held} would be held"),
    };
    let over = done.after_bytes > done.budget_bytes;
    let warning = over.then(|| {
        "more is held than the budget allows, and nothing else may go: it is in use, was used of late, is kept warm, or was \
         brought by somebody else (`baws-ci images` tells which)"
            .to_owned()
    });
    (told, warning)
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
