//! The work tree that a pipeline is run from: where it is, what git knows about it, which files belong to it.
//!
//! A `.gitlab-ci.yml` makes its directory the project, also inside a repository: then only that directory belongs. Works
//! without git too: then every file belongs, and nothing is known about commits. Asks the `git` program, which knows
//! every corner of the user's configuration; only reads.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::error::{Cause, Error, Result};

/// GitLab's own name for a project's pipeline.
const PIPELINE: &str = ".gitlab-ci.yml";

#[derive(Clone, Debug)]
pub(super) struct WorkTree {
    /// The project's directory.
    pub(super) root: PathBuf,
    /// The repository that the project is only a part of: jobs get no `.git` then.
    pub(super) part_of: Option<PathBuf>,
    pub(super) history: History,
    /// Listed once.
    files: OnceLock<Vec<PathBuf>>,
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

impl Commit {
    /// What is checked out: a branch, else a tag, else the commit itself.
    pub(super) fn reference(&self) -> &str {
        let named = self.branch.as_ref().or(self.tag.as_ref());
        named.unwrap_or(&self.sha)
    }
}

impl WorkTree {
    /// The work tree of the pipeline `file`, named as seen from `directory`, and where that file is. One that is not there
    /// is looked for at the repository's root.
    pub(super) fn of_pipeline(directory: &Path, file: &Path) -> Result<(Self, PathBuf)> {
        let tree = WorkTree::find(directory)?;
        let (here, at_root) = (directory.join(file), tree.root.join(file));
        let found = match here.exists() || !at_root.exists() {
            true => here,
            false => at_root,
        };
        let own = found
            .parent()
            .filter(|_| found.ends_with(PIPELINE) && found.exists());
        match own {
            Some(own) => Ok((WorkTree::of(&canonical(own)?)?, found)),
            None => Ok((tree, found)),
        }
    }

    /// The whole work tree that `directory` is in.
    pub(super) fn find(directory: &Path) -> Result<Self> {
        let directory = canonical(directory)?;
        WorkTree::of(&repository(&directory)?.unwrap_or(directory))
    }

    /// The project in `root`.
    fn of(root: &Path) -> Result<Self> {
        let mut tree = WorkTree {
            files: OnceLock::new(),
            root: root.to_owned(),
            part_of: None,
            history: History::None,
        };
        match repository(root)? {
            None => return Ok(tree),
            Some(repository) if repository == root => {}
            // Somebody's directories below a repository that ignores them, such as one of a home directory's dotfiles.
            Some(_) if tree.ask(&["check-ignore", "."]).is_some() => return Ok(tree),
            Some(repository) => tree.part_of = Some(repository),
        }
        tree.history = tree.read_history()?;
        Ok(tree)
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
        self.ask(&[
            "status",
            "--porcelain",
            "--ignore-submodules=none",
            "--",
            ".",
        ])
        .is_some()
    }

    /// Every file, link and empty directory that belongs to it, relative to the root: what is tracked and still there, and
    /// what is not ignored; in submodules that are checked out as well. Never git's own files.
    pub(super) fn files(&self) -> Result<&[PathBuf]> {
        if let Some(known) = self.files.get() {
            return Ok(known);
        }
        let mut found = BTreeSet::new();
        match self.history {
            History::None => walk(&self.root, Path::new(""), &mut found)?,
            History::Unborn { .. } | History::Commit(_) => {
                listed(&self.root, Path::new(""), &mut found)?
            }
        }
        Ok(self.files.get_or_init(|| found.into_iter().collect()))
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

fn canonical(directory: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(directory).map_err(|error| {
        Error::usage(format!(
            "cannot find the directory `{}`",
            directory.display()
        ))
        .caused_by(error)
    })
}

/// The root of the repository that `directory` is in, if it is in one.
fn repository(directory: &Path) -> Result<Option<PathBuf>> {
    if !directory
        .ancestors()
        .any(|parent| parent.join(".git").exists())
    {
        return Ok(None);
    }
    let root = git(directory, &["rev-parse", "--show-toplevel"])?;
    Ok(Some(PathBuf::from(OsStr::from_bytes(&root))))
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
