//! One repository as GitLab has it, in two requests: its lock, and the blob ids of its files.

use std::collections::{BTreeMap, BTreeSet};

use super::lock::{Lock, PATH};
use super::report::{Drift, DriftKind, State};
use super::version::Version;
use crate::error::{Error, Result};
use crate::gitlab::{Gitlab, Of, Project, Tree};

/// The mark of a project that this program made or took over.
pub(crate) const TOPIC: &str = "baws-managed";
/// The mark of one that gets updates before all others.
pub(super) const CANARY: &str = "baws-canary";

/// A repository that was made from templates.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub(super) project: Project,
    pub(super) branch: String,
    pub(super) lock: Lock,
    /// As it stands there.
    pub(super) lock_text: Vec<u8>,
    /// Ids by path, of files.
    pub(super) blobs: BTreeMap<String, String>,
}

/// Why a project is none of the repositories that are kept current; `None`: it is one.
pub(super) fn skipped(project: &Project) -> Option<String> {
    match () {
        () if project.deletion_on.is_some() => Some("is to be deleted".to_owned()),
        () if project.is_archived => Some("archived".to_owned()),
        () if project.is_mirror => Some("a mirror".to_owned()),
        () if project.default_branch.is_none() => Some("empty".to_owned()),
        () => None,
    }
}

pub(super) fn is_managed(project: &Project) -> bool {
    project.topics.iter().any(|topic| topic == TOPIC)
}

/// `None`: it has no lock.
///
/// # Errors
/// Also where the lock cannot be read.
pub(super) async fn read(gitlab: &Gitlab, project: &Project) -> Result<Option<Repository>> {
    let of = Of::Number(project.id);
    let branch = project
        .default_branch
        .clone()
        .ok_or_else(|| Error::precondition(format!("`{}` has no commit yet", project.path)))?;
    let Some(bytes) = gitlab.file(&of, &branch, PATH).await? else {
        return Ok(None);
    };
    let lock = Lock::read(&bytes)?;
    // Nearly all of what is kept current lies at the top: one page.
    let much = match lock.files.keys().any(|path| path.contains('/')) {
        true => Tree::Whole,
        false => Tree::Top,
    };
    let tree = gitlab.tree(&of, &branch, much).await?.unwrap_or_default();
    let files = tree.into_iter().filter(|blob| blob.mode != "040000");
    Ok(Some(Repository {
        project: project.clone(),
        branch,
        lock,
        lock_text: bytes,
        blobs: files.map(|blob| (blob.path, blob.id)).collect(),
    }))
}

/// What is not as it was rendered. `newest`: what could be had; `kept`: the files that the locked version keeps current, where
/// that is known.
pub(super) fn drift(
    lock: &Lock,
    blobs: &BTreeMap<String, String>,
    newest: Version,
    kept: Option<&BTreeSet<String>>,
) -> Vec<Drift> {
    let mut found = Vec::new();
    let mut add = |kind, path: &str| {
        found.push(Drift {
            kind,
            path: path.to_owned(),
        });
    };
    for (path, id) in &lock.files {
        match blobs.get(path) {
            None if lock.removed.contains_key(path) => {}
            None => add(DriftKind::Missing, path),
            Some(there) if there != id => add(DriftKind::Modified, path),
            Some(_) => {}
        }
    }
    if lock.version() < newest {
        add(DriftKind::Outdated, PATH);
    }
    if let Some(kept) = kept {
        for path in kept.iter().filter(|path| !lock.files.contains_key(*path)) {
            if blobs.contains_key(path) {
                add(DriftKind::Unmanaged, path);
            }
        }
        for path in lock.files.keys().filter(|path| !kept.contains(*path)) {
            add(DriftKind::Orphan, path);
        }
    }
    found
}

pub(super) fn state(lock: &Lock, drift: &[Drift], newest: Version) -> State {
    let is_behind = drift.iter().any(|one| one.kind == DriftKind::Outdated);
    let pinned = lock
        .pin
        .as_ref()
        .is_some_and(|pin| !newest.fits(&pin.text()));
    match () {
        () if lock.hold && is_behind => State::Held,
        () if pinned && is_behind => State::Pinned,
        () if drift.iter().any(|one| one.kind != DriftKind::Outdated) => State::Drifted,
        () if is_behind => State::Outdated,
        () => State::Current,
    }
}
