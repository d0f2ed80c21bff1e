//! A work tree as a tar file for the containers: its files as they are now, and a short history as `.git`.
//!
//! Anybody may change the files there, as with the docker executor, so that images with another user work: directories
//! 0777, files 0666 or, where the owner may run them, 0777. Links are not followed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tar::{Builder, EntryType, Header};

use super::remote::Remote;
use super::scratch::{Scratch, cannot_write, create};
use super::work_tree::{History, WorkTree, git};
use crate::error::{Error, Result};

/// Commits that jobs can see. Source: GitLab's default for GIT_DEPTH.
const DEPTH: &str = "20";

pub(super) struct Packed {
    pub(super) archive: PathBuf,
    pub(super) files: usize,
}

/// Packs the work tree as it is at this moment, into a file in `scratch`.
pub(super) fn pack(tree: &WorkTree, scratch: &Scratch) -> Result<Packed> {
    let archive = scratch.path().join("work-tree.tar");
    let mut packing = Packing {
        tar: Builder::new(create(&archive, 0o600)?),
        made: BTreeSet::new(),
        archive: archive.clone(),
        now_secs: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_secs()),
    };
    packing.tar.follow_symlinks(false);
    let files = tree.files()?;
    for path in files {
        packing.add(&tree.root, path)?;
    }
    if let Some(history) = history(tree, scratch)? {
        packing.below(&history, Path::new(".git"))?;
    }
    packing
        .tar
        .finish()
        .map_err(|error| cannot_write(&archive, error))?;
    Ok(Packed {
        archive,
        files: files.len(),
    })
}

/// A clone with the last commits and nothing checked out, whose HEAD is detached, as in a job. `None`: no git here, or one
/// whose commits hold this project in another place.
fn history(tree: &WorkTree, scratch: &Scratch) -> Result<Option<PathBuf>> {
    if tree.part_of.is_some() {
        return Ok(None);
    }
    let clone = scratch.path().join("history");
    let target = clone.to_string_lossy().into_owned();
    match &tree.history {
        History::None => return Ok(None),
        History::Unborn { branch } => {
            git(
                &tree.root,
                &[
                    "init",
                    "--quiet",
                    "--template=",
                    &format!("--initial-branch={branch}"),
                    "--",
                    &target,
                ],
            )?;
        }
        History::Commit(commit) => {
            let source = format!("file://{}", tree.root.display());
            git(
                &tree.root,
                &[
                    "clone",
                    "--quiet",
                    "--no-checkout",
                    "--template=",
                    "--depth",
                    DEPTH,
                    "--",
                    &source,
                    &target,
                ],
            )?;
            git(&clone, &["update-ref", "--no-deref", "HEAD", &commit.sha])?;
            // An index, so that git sees changes against the commit and not a tree of unknown files.
            git(&clone, &["read-tree", "HEAD"])?;
            match tree.ask(&["remote", "get-url", "origin"]) {
                Some(url) => git(
                    &clone,
                    &["remote", "set-url", "origin", &Remote::of(&url).url],
                )?,
                None => git(&clone, &["remote", "remove", "origin"])?,
            };
        }
    }
    Ok(Some(clone))
}

struct Packing {
    tar: Builder<File>,
    /// Directories that have their entry.
    made: BTreeSet<PathBuf>,
    archive: PathBuf,
    now_secs: u64,
}

impl Packing {
    /// Everything below `root/top`.
    fn below(&mut self, root: &Path, top: &Path) -> Result<()> {
        let directory = root.join(top);
        let unreadable = |error| {
            Error::system(format!("cannot read `{}`", directory.display())).caused_by(error)
        };
        let mut names: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(&directory).map_err(unreadable)? {
            names.push(top.join(entry.map_err(unreadable)?.file_name()));
        }
        names.sort();
        self.add(root, top)?;
        for path in names {
            match std::fs::symlink_metadata(root.join(&path)).is_ok_and(|found| found.is_dir()) {
                true => self.below(root, &path)?,
                false => self.add(root, &path)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, root: &Path, path: &Path) -> Result<()> {
        for parent in path
            .ancestors()
            .skip(1)
            .filter(|parent| *parent != Path::new(""))
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            self.directory(parent)?;
        }
        let full = root.join(path);
        let unreadable = |error| {
            Error::usage(format!("cannot read `{}`", full.display()))
                .caused_by(error)
                .hint("the whole work tree is copied for the jobs")
        };
        let metadata = match std::fs::symlink_metadata(&full) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            read => read.map_err(unreadable)?,
        };
        let kind = metadata.file_type();
        if kind.is_dir() {
            return self.directory(path);
        }
        if kind.is_socket() || kind.is_fifo() || kind.is_block_device() || kind.is_char_device() {
            return Ok(());
        }
        let time = u64::try_from(metadata.mtime()).unwrap_or(0);
        if kind.is_symlink() {
            let target = std::fs::read_link(&full).map_err(unreadable)?;
            let mut header = header(EntryType::Symlink, 0o777, time, 0);
            return self
                .tar
                .append_link(&mut header, path, target)
                .map_err(|error| cannot_write(&self.archive, error));
        }
        let mode = if metadata.mode() & 0o100 == 0 {
            0o666
        } else {
            0o777
        };
        let file = File::open(&full).map_err(unreadable)?;
        let mut header = header(EntryType::Regular, mode, time, metadata.len());
        // A file that grows meanwhile is cut; one that shrinks is filled up.
        let content = file
            .take(metadata.len())
            .chain(std::io::repeat(0))
            .take(metadata.len());
        self.tar
            .append_data(&mut header, path, content)
            .map_err(|error| cannot_write(&self.archive, error))
    }

    fn directory(&mut self, path: &Path) -> Result<()> {
        if !self.made.insert(path.to_owned()) {
            return Ok(());
        }
        let mut header = header(EntryType::Directory, 0o777, self.now_secs, 0);
        self.tar
            .append_data(&mut header, path, std::io::empty())
            .map_err(|error| cannot_write(&self.archive, error))
    }
}

fn header(kind: EntryType, mode: u32, time: u64, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(time);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests;
