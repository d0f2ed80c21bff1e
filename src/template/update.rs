//! What an update changes in one repository, file by file. Pure: three states of each file in, one verdict out.
//!
//! `base` is what was rendered when the repository was last made current, `ours` what its people made of it, `theirs` what is
//! rendered today. Nobody's edit is lost, and no conflict mark is ever written: what cannot be merged is left as it is, and told.
//! States are compared, not only differences: a file that strayed once is found again by every later update.

use std::collections::{BTreeMap, BTreeSet};

use super::blob::blob_id;
use super::edition::Edition;
use super::lock::Lock;
use super::merge::{Conflict, Merged, merge};
use super::skeleton::{PIPELINE, Rendered, Upkeep};
use super::stub::stub;
use crate::gitlab::Action;

/// A file in its three states.
#[derive(Clone, Debug, Default)]
pub(super) struct Threefold {
    /// As it was rendered then; `None`: it was not, or cannot be made again.
    pub(super) base: Option<Vec<u8>>,
    pub(super) ours: Option<Vec<u8>>,
    pub(super) theirs: Option<Vec<u8>>,
}

/// What becomes of a repository.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) lock: Lock,
    /// Of files; the lock is not among them.
    pub(super) changes: Vec<Changed>,
    pub(super) notes: Vec<Note>,
}

/// A file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) path: String,
    pub(super) before: Option<Vec<u8>>,
    pub(super) after: Option<Vec<u8>>,
    /// Beside edits of the repository's own people.
    pub(super) merged: bool,
}

impl Changed {
    pub(super) fn action(&self) -> Option<Action> {
        let path = self.path.clone();
        Some(match (&self.before, &self.after) {
            (None, Some(content)) => Action::Create {
                path,
                content: content.clone(),
            },
            (Some(_), Some(content)) => Action::Update {
                path,
                content: content.clone(),
            },
            (Some(_), None) => Action::Delete { path },
            (None, None) => return None,
        })
    }
}

/// A file that an update leaves alone, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The same lines were changed on both sides.
    Conflict {
        path: String,
        conflicts: Vec<Conflict>,
    },
    /// Nobody knows any more what was rendered then.
    NoBase { path: String },
    /// It was removed here.
    Removed { path: String },
    /// The templates have it no longer, and it was changed here.
    Orphan { path: String },
    /// There is a file of that name that is not ours.
    Unmanaged { path: String },
}

impl Note {
    pub(super) fn text(&self) -> String {
        match self {
            Note::Conflict { path, conflicts } if conflicts.is_empty() => {
                format!(
                    "`{path}` is left as it is: it is no text, and was changed here and in the templates"
                )
            }
            Note::Conflict { path, conflicts } => {
                let lines: Vec<String> = conflicts.iter().map(|one| one.line.to_string()).collect();
                format!(
                    "`{path}` is left as it is: the templates and this repository changed the same lines ({})",
                    lines.join(", ")
                )
            }
            Note::NoBase { path } => format!(
                "`{path}` is left as it is: what the templates once made of it is not to be found, so that changes made here cannot be told"
            ),
            Note::Removed { path } => format!("`{path}` was removed here, and stays away"),
            Note::Orphan { path } => format!(
                "`{path}` is no part of the templates any more, and stays, for it was changed here"
            ),
            Note::Unmanaged { path } => format!(
                "`{path}` is part of the templates now, and the one that is here is left as it is"
            ),
        }
    }
}

/// The files of a repository that updates are about: those of then and those of today.
pub(super) fn paths(lock: &Lock, theirs: &[Rendered]) -> BTreeSet<String> {
    let today = theirs.iter().filter(|file| file.upkeep == Upkeep::Merged);
    let today = today.map(|file| file.path.clone());
    lock.files.keys().cloned().chain(today).collect()
}

/// `files`: by path, for all of [`paths`].
pub(super) fn update(lock: &Lock, target: &Edition, files: BTreeMap<String, Threefold>) -> Update {
    let mut next = lock.clone();
    next.set_version(target.version);
    next.removed.clear();
    let (mut changes, mut notes) = (Vec::new(), Vec::new());
    for (path, file) in files {
        let known = lock.files.contains_key(&path);
        let id = file.theirs.as_deref().map(blob_id);
        match verdict(&path, known, &file) {
            Verdict::AsIs => {}
            Verdict::Becomes { after, merged } => changes.push(Changed {
                path: path.clone(),
                before: file.ours.clone(),
                after,
                merged,
            }),
            Verdict::Left(note) => {
                if let (Note::Removed { path }, Some(id)) = (&note, &id) {
                    next.removed.insert(path.clone(), id.clone());
                }
                let stays = matches!(note, Note::Conflict { .. } | Note::NoBase { .. });
                notes.push(note);
                if stays {
                    // The next update begins from the same base.
                    continue;
                }
            }
        }
        match id {
            Some(id) if !matches!(notes.last(), Some(Note::Unmanaged { path: left }) if *left == path) =>
            {
                next.files.insert(path, id);
            }
            Some(_) => {}
            None => {
                next.files.remove(&path);
            }
        }
    }
    Update {
        lock: next,
        changes,
        notes,
    }
}

enum Verdict {
    AsIs,
    Becomes {
        after: Option<Vec<u8>>,
        merged: bool,
    },
    Left(Note),
}

fn verdict(path: &str, known: bool, file: &Threefold) -> Verdict {
    let path = path.to_owned();
    let becomes = |after: &Vec<u8>| Verdict::Becomes {
        after: Some(after.clone()),
        merged: false,
    };
    match (&file.base, &file.ours, &file.theirs) {
        (_, None, None) => Verdict::AsIs,
        (_, Some(ours), Some(theirs)) if ours == theirs => Verdict::AsIs,
        (_, None, Some(theirs)) => match known {
            true => Verdict::Left(Note::Removed { path }),
            false => becomes(theirs),
        },
        (Some(base), Some(ours), None) if base == ours => Verdict::Becomes {
            after: None,
            merged: false,
        },
        (_, Some(_), None) => match known {
            true => Verdict::Left(Note::Orphan { path }),
            false => Verdict::AsIs,
        },
        (_, Some(_), Some(_)) if !known => Verdict::Left(Note::Unmanaged { path }),
        (None, Some(_), Some(_)) => Verdict::Left(Note::NoBase { path }),
        (Some(base), Some(ours), Some(theirs)) if base == ours => becomes(theirs),
        (Some(base), Some(_), Some(theirs)) if base == theirs => Verdict::AsIs,
        (Some(base), Some(ours), Some(theirs)) => both(path, base, ours, theirs),
    }
}

fn both(path: String, base: &[u8], ours: &[u8], theirs: &[u8]) -> Verdict {
    let texts = (
        std::str::from_utf8(base),
        std::str::from_utf8(ours),
        std::str::from_utf8(theirs),
    );
    let (Ok(base), Ok(ours), Ok(theirs)) = texts else {
        return Verdict::Left(Note::Conflict {
            path,
            conflicts: Vec::new(),
        });
    };
    let conflicts = match merge(base, ours, theirs) {
        Merged::Clean(text) if text == ours => return Verdict::AsIs,
        Merged::Clean(text) => {
            return Verdict::Becomes {
                after: Some(text.into_bytes()),
                merged: true,
            };
        }
        Merged::Conflict(conflicts) => conflicts,
    };
    let by_value = match path == PIPELINE {
        true => stub(base, ours, theirs),
        false => None,
    };
    match by_value {
        Some(text) if text == ours => Verdict::AsIs,
        Some(text) => Verdict::Becomes {
            after: Some(text.into_bytes()),
            merged: true,
        },
        None => Verdict::Left(Note::Conflict { path, conflicts }),
    }
}

#[cfg(test)]
mod tests;
