//! What was found, for people and for programs, and the exit code of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::finding::{Area, Finding, Kind, State};
use super::policies::policies;
use crate::error::{Class, End};
use crate::output::{Colour, columns, duration};
use crate::rollout::clean;
use crate::settings::PlatformRevision;

/// Of a sentence in the table; the whole of it stands below.
const LONGEST_CELL: usize = 110;

pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    /// What `--fix` did, one sentence each.
    pub(crate) fixed: Vec<String>,
    /// Of the platform that was looked at.
    pub(crate) revision: Option<PlatformRevision>,
    /// As whom this host is known to IAM, for permissions of its own.
    pub(crate) host: String,
    pub(crate) took: Duration,
}

/// Whether checks that found nothing wrong are shown, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    NotGood,
    All,
}

impl Report {
    /// `None`: there is nothing to mend. Faults of one kind have a code of their own; of several it is that of `Wrong`.
    pub(crate) fn class(&self) -> Option<Class> {
        let mut kinds = self.findings.iter().filter_map(Finding::kind);
        let first = kinds.next()?;
        let kind = match kinds.all(|kind| kind == first) {
            true => first,
            false => Kind::Wrong,
        };
        Some(match kind {
            Kind::Forbidden => Class::Denied,
            Kind::Missing => Class::Precondition,
            Kind::Unreachable => Class::Ended(End::Unavailable),
            Kind::Wrong => Class::Drift,
        })
    }

    /// `3 faults, 1 warning, 40 ok`
    fn counted<'f>(findings: impl Iterator<Item = &'f Finding> + Clone) -> String {
        let count = |state: &str| {
            findings
                .clone()
                .filter(|one| one.state.name() == state)
                .count()
        };
        let words = [
            ("fault", "fault", "faults"),
            ("warning", "warning", "warnings"),
            ("ok", "ok", "ok"),
            (
                "unknown",
                "could not be looked at",
                "could not be looked at",
            ),
            ("not_looked_at", "not looked at", "not looked at"),
        ];
        let told = words
            .iter()
            .filter_map(|(state, one, many)| match count(state) {
                0 => None,
                1 => Some(format!("1 {one}")),
                count => Some(format!("{count} {many}")),
            });
        told.collect::<Vec<_>>().join(", ")
    }

    /// The last line, for stderr.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{}; {}",
            Report::counted(self.findings.iter()),
            duration(self.took)
        )
    }

    pub(crate) fn table(&self, show: Show, colour: Colour) -> String {
        let shown = |one: &&Finding| match show {
            Show::All => true,
            Show::NotGood => one.state != State::Ok,
        };
        let mut text = String::new();
        for area in Area::ALL {
            let of_area = self.findings.iter().filter(|one| one.area() == area);
            let rows: Vec<[String; 3]> = of_area.clone().filter(shown).map(row).collect();
            if of_area.clone().next().is_none() {
                continue;
            }
            text.push_str(&format!("{}: {}\n", area.name(), Report::counted(of_area)));
            text.extend(
                columns(&rows)
                    .lines()
                    .map(|line| format!("  {}\n", painted(line, colour))),
            );
        }
        let to_mend: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|one| needs_words(one))
            .collect();
        for alike in to_mend.chunk_by(|one, other| one.is_like(other)) {
            text.push_str(&format!("\n{}\n", details(alike, colour)));
        }
        for (identity, document) in policies(&self.findings, &self.host) {
            text.push_str(&format!(
                "\nThe policy of `{identity}` lacks:\n{document:#}\n"
            ));
        }
        text
    }

    /// Schema `baws-ci/doctor/1`.
    pub(crate) fn as_json(&self) -> Value {
        let count = |state: &str| {
            self.findings
                .iter()
                .filter(|one| one.state.name() == state)
                .count()
        };
        let findings = self.findings.iter().map(|one| {
            json!({
                "code": one.code,
                "about": one.about,
                "state": one.state.name(),
                "kind": one.kind().map(Kind::name),
                "told": one.told,
                "turn": one.turn.map(super::finding::Turn::name),
                "remedies": one.remedies,
            })
        });
        let policies = policies(&self.findings, &self.host).into_iter();
        json!({
            "schema": "baws-ci/doctor/1",
            "revision": self.revision.map(PlatformRevision::name),
            "counts": {
                "fault": count("fault"),
                "warning": count("warning"),
                "ok": count("ok"),
                "unknown": count("unknown"),
                "not_looked_at": count("not_looked_at"),
            },
            "findings": findings.collect::<Vec<_>>(),
            "policies": policies.map(|(identity, document)| json!({"identity": identity, "document": document})).collect::<Vec<_>>(),
            "fixed": self.fixed,
            "exit_code": self.class().map_or(0, Class::code),
        })
    }
}

/// The word of a state in the table; a fault's says its kind, too.
fn word(state: State) -> String {
    match state {
        State::Ok => "ok".to_owned(),
        State::Fault(kind) => format!("FAULT {}", kind.name()),
        State::Warning => "warning".to_owned(),
        State::Unknown => "unknown".to_owned(),
        State::NotLookedAt => "-".to_owned(),
    }
}

fn row(one: &Finding) -> [String; 3] {
    [
        word(one.state),
        one.code.to_owned(),
        clean(&one.told, LONGEST_CELL),
    ]
}

fn painted(line: &str, colour: Colour) -> String {
    let heads = [
        ("FAULT", "31;1"),
        ("warning", "33;1"),
        ("unknown", "36;1"),
        ("ok", "32"),
    ];
    let head = heads.iter().find(|(head, _)| line.starts_with(head));
    match head {
        Some((head, sgr)) => format!("{}{}", colour.paint(sgr, head), &line[head.len()..]),
        None => line.to_owned(),
    }
}

fn needs_words(one: &Finding) -> bool {
    match one.state {
        State::Fault(_) | State::Warning => true,
        State::Unknown => !one.remedies.is_empty(),
        State::Ok | State::NotLookedAt => false,
    }
}

/// Of checks that want the same, said once.
fn details(alike: &[&Finding], colour: Colour) -> String {
    let Some(first) = alike.first() else {
        return String::new();
    };
    let head = format!("{}: {}", painted(&word(first.state), colour), first.code);
    let mut lines = vec![head];
    lines.extend(alike.iter().map(|one| format!("  {}", one.told)));
    lines.extend(
        first
            .turn
            .map(|turn| format!("  whose turn: {}", turn.name())),
    );
    lines.extend(
        first
            .remedies
            .iter()
            .map(|remedy| format!("  to do: {remedy}")),
    );
    lines.join("\n")
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
