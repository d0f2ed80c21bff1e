//! What gitlab-runner's `config.toml` has: its runners, whoever wrote them.

use std::path::Path;

use toml_edit::{Item, Table};

use super::config_file::ConfigFile;
use crate::error::Result;
use crate::job::Secret;

/// A `[[runners]]` of the file, whoever wrote it. What is missing is empty.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) id: Option<i64>,
    pub(crate) executor: String,
    pub(crate) token: Secret,
}

pub(crate) struct Contents {
    /// Jobs at a time, of all runners; `None`: gitlab-runner's own number, 1.
    pub(crate) concurrent: Option<i64>,
    pub(crate) runners: Vec<Registered>,
}

/// In the file's order; none where there is no file.
///
/// # Errors
/// `Precondition` for one that cannot be read or is no TOML.
pub(crate) fn registered(file: &Path) -> Result<Contents> {
    let file = ConfigFile::read(file)?;
    let document = file.document();
    let runners = document.get("runners").and_then(Item::as_array_of_tables);
    Ok(Contents {
        concurrent: document.get("concurrent").and_then(Item::as_integer),
        runners: runners.into_iter().flatten().map(of).collect(),
    })
}

fn of(table: &Table) -> Registered {
    let word = |key: &str| {
        let text = table.get(key).and_then(Item::as_str);
        text.unwrap_or_default().to_owned()
    };
    Registered {
        name: word("name"),
        url: word("url"),
        id: table.get("id").and_then(Item::as_integer),
        executor: word("executor"),
        token: Secret::new(word("token")),
    }
}
