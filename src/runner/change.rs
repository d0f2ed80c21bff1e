//! What becomes of the host's files, for people and programs.

use std::path::PathBuf;

use serde_json::{Value, json};

/// What became of a file, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Write,
    Keep,
    Remove,
    /// It is somebody else's, or was changed by hand.
    Leave,
}

#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) path: PathBuf,
    pub(crate) did: Did,
}

/// Whether something is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Apply,
    DryRun,
}

impl Change {
    /// A line for people.
    pub(crate) fn line(&self, mode: Mode) -> String {
        let path = self.path.display();
        let would = match mode {
            Mode::Apply => "",
            Mode::DryRun => "would be ",
        };
        match self.did {
            Did::Write => format!("{would}written   {path}"),
            Did::Remove => format!("{would}removed   {path}"),
            Did::Keep => format!("as it has to be   {path}"),
            Did::Leave => format!("left alone   {path}"),
        }
    }
}

/// Schema `baws-ci/runner-install/1`.
pub(crate) fn changes_as_json(changes: &[Change], mode: Mode) -> Value {
    let files = changes.iter().map(|change| {
        let did = match change.did {
            Did::Write => "written",
            Did::Keep => "kept",
            Did::Remove => "removed",
            Did::Leave => "left",
        };
        json!({"path": change.path, "did": did})
    });
    json!({
        "schema": "baws-ci/runner-install/1",
        "files": files.collect::<Vec<_>>(),
        "dry_run": mode == Mode::DryRun,
    })
}
