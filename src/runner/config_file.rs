//! gitlab-runner's `config.toml`, changed in place: what we do not know stays as it is, comments and order included.
//!
//! Source: gitlab-runner, "Advanced configuration"; `common/config.go`. The runner reads it again by itself when it changes.

use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use super::replace;
use crate::error::{Error, Result};
use crate::job::Secret;

/// Where a file has no number of its own.
const CONCURRENT: i64 = 4;
/// Seconds. Preparing has to outlast a large pull; a stage is told to end well before the runner gives it up at 300 s.
const TIMEOUTS: [(&str, i64); 4] = [
    ("prepare_exec_timeout", 1800),
    ("cleanup_exec_timeout", 120),
    ("graceful_kill_timeout", 45),
    ("force_kill_timeout", 15),
];
/// The file holds tokens.
const OF_THE_OWNER: u32 = 0o600;
const STAGES: [&str; 4] = ["config", "prepare", "run", "cleanup"];

/// What a `[[runners]]` of ours says.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) url: &'a str,
    /// `None`: it is not made yet.
    pub(super) id: Option<u64>,
    pub(super) token: &'a Secret,
    pub(super) program: &'a Path,
    /// `--config` of the stages.
    pub(super) settings: Option<&'a Path>,
    /// Jobs at a time of the whole file; `None`: as it is.
    pub(super) concurrent: Option<u32>,
}

pub(super) struct ConfigFile {
    path: PathBuf,
    /// As it was read; empty where there was none.
    before: String,
    document: DocumentMut,
}

impl ConfigFile {
    /// # Errors
    /// `Precondition` for one that cannot be read or is no TOML: it is left as it is.
    pub(super) fn read(path: &Path) -> Result<Self> {
        // A link stays one.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = text(&path)?;
        let document = before.parse::<DocumentMut>().map_err(|error| {
            broken(&path)
                .caused_by(error)
                .hint("mend it; nothing was changed")
        })?;
        let file = ConfigFile {
            path,
            before,
            document,
        };
        match file.document.get("runners") {
            None | Some(Item::ArrayOfTables(_)) => Ok(file),
            Some(_) => Err(broken(&file.path)
                .caused_by(crate::error::Cause::line(
                    "its `runners` is no list of tables",
                ))
                .hint("write each runner as `[[runners]]`; nothing was changed")),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The token of the runner of that name at that GitLab, if one is there.
    ///
    /// # Errors
    /// `Precondition` where its jobs are run by another executor.
    pub(super) fn token(&self, url: &str, name: &str) -> Result<Option<Secret>> {
        let Some(table) = self
            .position(url, name)
            .and_then(|at| self.runners()?.get(at))
        else {
            return Ok(None);
        };
        let word = |key: &str| table.get(key).and_then(Item::as_str).unwrap_or_default();
        match word("executor") {
            "custom" => Ok(Some(word("token"))
                .filter(|token| !token.is_empty())
                .map(Secret::new)),
            other => Err(Error::precondition(format!(
                "the runner `{name}` in `{}` runs its jobs by the executor `{other}`",
                self.path.display()
            ))
            .hint("take another name by --name, and remove the old one when nothing is left for it to do")
            .hint(format!(
                "what its settings become: baws-ci settings import {} --runner {name}",
                self.path.display()
            ))),
        }
    }

    pub(super) fn document(&self) -> &DocumentMut {
        &self.document
    }

    fn runners(&self) -> Option<&ArrayOfTables> {
        self.document.get("runners")?.as_array_of_tables()
    }

    fn position(&self, url: &str, name: &str) -> Option<usize> {
        let word = |table: &Table, key: &str| {
            let text = table.get(key).and_then(Item::as_str).unwrap_or_default();
            text.trim_end_matches('/').to_owned()
        };
        self.runners()?
            .iter()
            .position(|table| word(table, "url") == url && word(table, "name") == name)
    }

    /// Sets what has to be so; what an operator may have chosen otherwise only where it is missing.
    ///
    /// # Errors
    /// `Precondition` where a part of a runner is no table.
    pub(super) fn put(&mut self, entry: &Entry<'_>) -> Result<()> {
        let at = self.position(entry.url, entry.name);
        filled(&mut self.document, at, entry)
            .ok_or_else(|| broken(&self.path).hint("a part of the runner is no table; mend it"))
    }

    /// Before and after; the same where there is nothing to do.
    pub(super) fn texts(&self) -> (&str, String) {
        (&self.before, self.document.to_string())
    }

    /// Replaces the file at once, readable by its owner alone.
    ///
    /// # Errors
    /// `Precondition` where somebody changed it since it was read.
    pub(super) fn save(&self) -> Result<()> {
        if text(&self.path)? != self.before {
            return Err(Error::precondition(format!(
                "`{}` was changed by somebody else meanwhile",
                self.path.display()
            ))
            .hint("run the command again: it goes on with what is there now"));
        }
        let written = replace(&self.path, &self.document.to_string(), OF_THE_OWNER);
        written.map_err(|error| {
            Error::system(format!("cannot write `{}`", self.path.display())).caused_by(error)
        })
    }
}

fn broken(path: &Path) -> Error {
    Error::precondition(format!(
        "`{}` is no configuration of gitlab-runner",
        path.display()
    ))
}

fn text(path: &Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => {
            Err(Error::precondition(format!("cannot read `{}`", path.display())).caused_by(error))
        }
    }
}

/// `at`: which of the runners; `None`: a new one. `None`: a part of it is no table.
fn filled(document: &mut DocumentMut, at: Option<usize>, entry: &Entry<'_>) -> Option<()> {
    match entry.concurrent {
        Some(jobs) => set(document.as_table_mut(), "concurrent", i64::from(jobs)),
        None => set_if_missing(document.as_table_mut(), "concurrent", CONCURRENT),
    }
    let runners = document
        .entry("runners")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()))
        .as_array_of_tables_mut()?;
    let at = at.unwrap_or_else(|| {
        runners.push(Table::new());
        runners.len() - 1
    });
    let runner = runners.get_mut(at)?;
    set(runner, "name", entry.name);
    set_if_missing(runner, "url", entry.url);
    match entry.id.and_then(|id| i64::try_from(id).ok()) {
        Some(id) => set(runner, "id", id),
        // That of one that is gone says nothing any more.
        None => drop(runner.remove("id")),
    }
    set(runner, "token", entry.token.reveal());
    set(runner, "executor", "custom");
    set_if_missing(runner, "builds_dir", "/builds");
    set_if_missing(runner, "cache_dir", "/cache");
    set_if_missing(runner, "request_concurrency", 4);
    set_if_missing(runner, "safe_directory_checkout", true);
    set_if_missing(sub_table(runner, "custom_build_dir")?, "enabled", true);
    let flags = sub_table(runner, "feature_flags")?;
    set_if_missing(flags, "FF_GIT_URLS_WITHOUT_TOKENS", true);
    stages(sub_table(runner, "custom")?, entry);
    Some(())
}

fn stages(custom: &mut dyn TableLike, entry: &Entry<'_>) {
    for stage in STAGES {
        let mut words = toml_edit::Array::new();
        if let Some(settings) = entry.settings {
            words.extend(["--config".to_owned(), settings.display().to_string()]);
        }
        words.extend(["executor", stage]);
        set(
            custom,
            &format!("{stage}_exec"),
            entry.program.display().to_string(),
        );
        set(custom, &format!("{stage}_args"), words);
    }
    for (key, secs) in TIMEOUTS {
        set_if_missing(custom, key, secs);
    }
}

/// With the comment that stands behind it.
fn set(table: &mut dyn TableLike, key: &str, value: impl Into<Value>) {
    let mut value: Value = value.into();
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if old.to_string().trim() == value.to_string().trim() => {}
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            let indent = indent(table);
            table.insert(key, Item::Value(value));
            if let (Some(indent), Some(mut new)) = (indent, table.key_mut(key)) {
                new.leaf_decor_mut().set_prefix(indent);
            }
        }
    }
}

/// How far the keys of a table stand from the left.
fn indent(table: &dyn TableLike) -> Option<String> {
    let (first, _) = table.iter().next()?;
    let before = table.key(first)?.leaf_decor().prefix()?.as_str()?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.chars()
        .all(|c| c == ' ' || c == '\t')
        .then(|| line.to_owned())
}

fn set_if_missing(table: &mut dyn TableLike, key: &str, value: impl Into<Value>) {
    if !table.contains_key(key) {
        set(table, key, value);
    }
}

/// `None`: it is something else.
fn sub_table<'t>(table: &'t mut Table, key: &str) -> Option<&'t mut dyn TableLike> {
    table
        .entry(key)
        .or_insert(Item::Table(Table::new()))
        .as_table_like_mut()
}

#[cfg(test)]
#[path = "config_file_tests.rs"]
mod tests;
