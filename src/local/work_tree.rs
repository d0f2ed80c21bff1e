//! The work tree that a pipeline is run from: where it is, what git knows about it, which files belong to it.
//!
//! Works without git too: then every file belongs, and nothing is known about commits. Asks the `git` program, which knows
//! every corner of the user's configuration; only reads.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Cause, Error, Result};

#[derive(Clone, Debug)]
pub(super) struct WorkTree {
    pub(super) root: PathBuf,
    pub(super) history: History,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// No git repository.
    None,
    /// A repository without a commit.
    Unborn {
        branch: String,
    },
    Commit(Box<Commit>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) sha: String,
    /// `None`: no branch is checked out.
    pub(super) branch: Option<String>,
    /// The tag that is checked out, where no branch is.
    pub(super) tag: Option<String>,
    pub(super) author: String,
    /// ISO 8601.
    pub(super) time: String,
    pub(super) message: String,
}

impl WorkTree {
    /// The work tree that `directory` is in.
    pub(super) fn find(directory: &Path) -> Result<Self> {
        let directory = std::fs::canonicalize(directory).map_err(|error| {
            Error::usage(format!(
                "cannot find the directory `{}`",
                directory.display()
            ))
            .caused_by(error)
        })?;
        if !directory
            .ancestors()
            .any(|parent| parent.join(".git").exists())
        {
            return Ok(WorkTree {
                root: directory,
                history: History::None,
            });
        }
        let root = git(&directory, &["rev-parse", "--show-toplevel"])?;
        let tree = WorkTree {
            root: PathBuf::from(OsStr::from_bytes(&root)),
            history: History::None,
        };
        let history = tree.read_history()?;
        Ok(WorkTree { history, ..tree })
    }

    /// `git` in this work tree; `None` where it answers with an error.
    pub(super) fn ask(&self, arguments: &[&str]) -> Option<String> {
        git(&self.root, arguments)
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .filter(|text| !text.is_empty())
    }

    fn read_history(&self) -> Result<History> {
        let branch = self.ask(&["symbolic-ref", "--quiet", "--short", "HEAD"]);
        let Some(sha) = self.ask(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) else {
            return Ok(History::Unborn {
                branch: branch.unwrap_or_else(|| "main".to_owned()),
            });
        };
        let shown = git(
            &self.root,
            &[
                "show",
                "--no-patch",
                "--no-show-signature",
                "--format=%an <%ae>%n%aI%n%B",
                "HEAD",
            ],
        )?;
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let mut lines = shown.splitn(3, '\n').map(str::to_owned);
        let mut next = || lines.next().unwrap_or_default();
        let (author, time, message) = (next(), next(), next());
        let tag = if branch.is_none() {
            self.ask(&["describe", "--tags", "--exact-match", "HEAD"])
        } else {
            None
        };
        Ok(History::Commit(Box::new(Commit {
            sha,
            branch,
            tag,
            author,
            time,
            message: message.trim_end().to_owned(),
        })))
    }

    /// Whether anything differs from the commit.
    pub(super) fn is_changed(&self) -> bool {
        self.ask(&["status", "--porcelain", "--ignore-submodules=none"])
            .is_some()
    }

    /// Every file, link and empty directory that belongs to it, relative to the root: what is tracked and still there, and
    /// what is not ignored; in submodules that are checked out as well. Never git's own files.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut found = BTreeSet::new();
        match self.history {
            History::None => walk(&self.root, Path::new(""), &mut found)?,
            History::Unborn { .. } | History::Commit(_) => {
                listed(&self.root, Path::new(""), &mut found)?
            }
        }
        Ok(found.into_iter().collect())
    }
}

fn listed(root: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    let names = git(
        &root.join(below),
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    )?;
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        let path = below.join(OsStr::from_bytes(name));
        let Ok(metadata) = std::fs::symlink_metadata(root.join(&path)) else {
            // Deleted, but not from the index.
            continue;
        };
        if !metadata.is_dir() {
            found.insert(path);
        } else if root.join(&path).join(".git").exists() {
            listed(root, &path, found)?;
        } else {
            // A submodule that is not checked out.
            walk(root, &path, found)?;
        }
    }
    Ok(())
}

fn walk(root: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    let directory = root.join(below);
    let unreadable = |error| {
        Error::usage(format!(
            "cannot read the directory `{}`",
            directory.display()
        ))
        .caused_by(error)
    };
    let mut empty = true;
    for entry in std::fs::read_dir(&directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        empty = false;
        let path = below.join(entry.file_name());
        match entry.file_type().map_err(unreadable)?.is_dir() {
            true => walk(root, &path, found)?,
            false => {
                found.insert(path);
            }
        }
    }
    if empty && below != Path::new("") {
        found.insert(below.to_owned());
    }
    Ok(())
}

/// What `git` prints, without the last line's end.
pub(super) fn git(directory: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let mut command = Command::new("git");
    command
        .current_dir(directory)
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0");
    // Set inside a git hook, where they name another index or repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let failed = || {
        Error::precondition(format!(
            "`git {}` failed in `{}`",
            arguments.join(" "),
            directory.display()
        ))
    };
    let mut done = command.output().map_err(|error| {
        failed()
            .caused_by(error)
            .hint("install git: it tells which files belong to the work tree")
    })?;
    if !done.status.success() {
        return Err(failed().caused_by(Cause::line(String::from_utf8_lossy(&done.stderr).trim())));
    }
    if done.stdout.last() == Some(&b'\n') {
        done.stdout.pop();
    }
    Ok(done.stdout)
}
