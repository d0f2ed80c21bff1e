//! What came of a registration, for people and programs: never a token.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Mode, Wanted};
use crate::gitlab::Gitlab;
use crate::output::Colour;
use crate::template::unified;

/// Lines around a change.
const CONTEXT: usize = 3;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Report {
    /// In GitLab; `None`: it would be made.
    pub(crate) id: Option<u64>,
    pub(crate) made: bool,
    pub(crate) file: PathBuf,
    /// Whether the file is not what it was, or would not be.
    pub(crate) changed: bool,
    /// gitlab-runner's file before and after, without tokens.
    pub(crate) before: String,
    pub(crate) after: String,
    /// The number that the secret had before.
    pub(crate) previous: Option<u64>,
    pub(crate) removed: bool,
}

impl Report {
    /// Schema `baws-ci/runner-register/1`.
    pub(crate) fn as_json(&self, wanted: &Wanted, gitlab: &Gitlab) -> Value {
        json!({
            "schema": "baws-ci/runner-register/1",
            "gitlab": gitlab.address(),
            "runner": {"id": self.id, "name": wanted.name, "made": self.made},
            "config": self.file,
            "config_changed": self.changed,
            "previous_id": self.previous,
            "previous_removed": self.removed,
            "dry_run": wanted.mode == Mode::DryRun,
        })
    }
}

/// For people: nobody needs to see more of a token than its kind.
pub(super) fn without_tokens(text: &str) -> String {
    let masked = |line: &str| match line.split_once('=') {
        Some((key, _)) if key.trim() == "token" => format!("{key}= \"…\""),
        Some(_) | None => line.to_owned(),
    };
    text.lines().map(|line| masked(line) + "\n").collect()
}

/// What the file would become, as a diff; tokens are not shown, so a new one is told in words.
pub(crate) fn difference(report: &Report, colour: Colour) -> String {
    let path = report.file.display().to_string();
    if report.before == report.after {
        return format!("The token in `{path}` would be another one\n");
    }
    let path = path.trim_start_matches('/');
    let before = (!report.before.is_empty()).then_some(path);
    unified(
        before,
        Some(path),
        &report.before,
        &report.after,
        CONTEXT,
        colour,
    )
}
