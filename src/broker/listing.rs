//! The entries of a build context on the wire, and what the host checks about them.
//!
//! ```text
//! kind u8 · mode u32 · mtime i64 (ns) · size u64 · path: u16 and bytes · target: u16 and bytes      (little endian)
//! ```
//! The engine unpacks what it is told, so the host refuses every path that could mean another place than a plain one
//! below the context's root: entries ascend part by part, nothing comes twice, and every parent is a directory that came
//! before.

use std::io::{Error, ErrorKind, Result};

use crate::docker::{Listed, ListedKind};

/// Linux's own limits.
const LONGEST_PATH: usize = 4096;
const LONGEST_PART: usize = 255;
/// Bytes of all paths and link targets together: they stay in memory for as long as the build lasts.
const MOST_NAMES: usize = 128 << 20;

/// Appends one entry.
pub(super) fn encode(entry: &Listed, to: &mut Vec<u8>) -> Result<()> {
    let (kind, size, target): (u8, u64, &[u8]) = match &entry.kind {
        ListedKind::Directory => (0, 0, &[]),
        ListedKind::File { size } => (1, *size, &[]),
        ListedKind::Symlink { target } => (2, 0, target),
        ListedKind::HardLink { target } => (3, 0, target),
    };
    to.push(kind);
    to.extend_from_slice(&entry.mode.to_le_bytes());
    to.extend_from_slice(&entry.mtime_ns.to_le_bytes());
    to.extend_from_slice(&size.to_le_bytes());
    for text in [entry.path.as_slice(), target] {
        let length = u16::try_from(text.len())
            .map_err(|_| Error::new(ErrorKind::InvalidInput, "a path is too long"))?;
        to.extend_from_slice(&length.to_le_bytes());
        to.extend_from_slice(text);
    }
    Ok(())
}

/// Entries as they come from a job, checked one by one.
pub(super) struct Received {
    entries: Vec<Listed>,
    /// The directories from the root to the last entry.
    open: Vec<Vec<u8>>,
    names: usize,
    bytes: u64,
    most_entries: u64,
    most_bytes: u64,
}

impl Received {
    pub(super) fn within(most_entries: u64, most_bytes: u64) -> Self {
        Received {
            entries: Vec::new(),
            open: Vec::new(),
            names: 0,
            bytes: 0,
            most_entries,
            most_bytes,
        }
    }

    /// Takes the entries of one frame.
    ///
    /// # Errors
    /// `InvalidData` with what is wrong.
    pub(super) fn take(&mut self, mut frame: &[u8]) -> Result<()> {
        while !frame.is_empty() {
            let entry =
                decode(&mut frame).ok_or_else(|| wrong("an entry is cut off".to_owned()))?;
            self.check(&entry)?;
            self.entries.push(entry);
        }
        Ok(())
    }

    pub(super) fn entries(self) -> Vec<Listed> {
        self.entries
    }

    /// Whether a file of this path came before: entries ascend, so it can be looked up among them.
    fn has_file(&self, path: &[u8]) -> bool {
        let found = self
            .entries
            .binary_search_by(|entry| parts(&entry.path).cmp(parts(path)));
        found.is_ok_and(|at| matches!(self.entries[at].kind, ListedKind::File { .. }))
    }

    fn check(&mut self, entry: &Listed) -> Result<()> {
        let shown = &entry.path[..entry.path.len().min(512)];
        let shown = String::from_utf8_lossy(shown).escape_debug().to_string();
        if self.entries.len() as u64 >= self.most_entries {
            return Err(wrong(format!(
                "the context has more than {} entries, the most that this runner takes",
                self.most_entries
            )));
        }
        let parts: Vec<&[u8]> = entry.path.split(|byte| *byte == b'/').collect();
        let plain = |part: &&[u8]| {
            !part.is_empty()
                && **part != *b"."
                && **part != *b".."
                && part.len() <= LONGEST_PART
                && !part.contains(&0)
        };
        if entry.path.len() > LONGEST_PATH || !parts.iter().all(plain) || entry.mode > 0o7777 {
            return Err(wrong(format!(
                "the context holds an impossible entry `{shown}`"
            )));
        }
        let ascends = self.entries.last().is_none_or(|last| {
            let before = last.path.split(|byte| *byte == b'/');
            before.lt(parts.iter().copied())
        });
        let parent = &entry.path[..entry.path.len() - parts[parts.len() - 1].len()];
        let parent = parent.strip_suffix(b"/").unwrap_or(parent);
        while self.open.last().is_some_and(|dir| dir != parent) {
            self.open.pop();
        }
        let parent_is_there = parent.is_empty() || !self.open.is_empty();
        if !ascends || !parent_is_there {
            return Err(wrong(format!(
                "the entry `{shown}` of the context is out of order"
            )));
        }
        match &entry.kind {
            ListedKind::Directory => self.open.push(entry.path.clone()),
            ListedKind::File { size } => {
                self.bytes = self.bytes.saturating_add(*size);
            }
            ListedKind::Symlink { target } => {
                if target.is_empty() || target.len() > LONGEST_PATH || target.contains(&0) {
                    return Err(wrong(format!(
                        "the link `{shown}` of the context leads nowhere"
                    )));
                }
            }
            ListedKind::HardLink { target } => {
                if !self.has_file(target) {
                    return Err(wrong(format!(
                        "the hard link `{shown}` of the context names no earlier file"
                    )));
                }
            }
        }
        self.names += entry.path.len() + target_length(entry);
        if self.names > MOST_NAMES {
            return Err(wrong(format!(
                "the names in the context have more than {}",
                crate::output::bytes(MOST_NAMES as u64)
            )));
        }
        if self.bytes > self.most_bytes {
            return Err(wrong(format!(
                "the context is larger than {}, the most that this runner takes",
                crate::output::bytes(self.most_bytes)
            )));
        }
        Ok(())
    }
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
}

fn target_length(entry: &Listed) -> usize {
    match &entry.kind {
        ListedKind::Symlink { target } | ListedKind::HardLink { target } => target.len(),
        ListedKind::Directory | ListedKind::File { .. } => 0,
    }
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

fn decode(from: &mut &[u8]) -> Option<Listed> {
    let kind = take(from, 1)?[0];
    let mode = u32::from_le_bytes(take(from, 4)?.try_into().ok()?);
    let mtime_ns = i64::from_le_bytes(take(from, 8)?.try_into().ok()?);
    let size = u64::from_le_bytes(take(from, 8)?.try_into().ok()?);
    let path = text(from)?;
    let target = text(from)?;
    let kind = match kind {
        0 => ListedKind::Directory,
        1 => ListedKind::File { size },
        2 => ListedKind::Symlink { target },
        3 => ListedKind::HardLink { target },
        _ => return None,
    };
    Some(Listed {
        path,
        kind,
        mode,
        mtime_ns,
    })
}

fn text(from: &mut &[u8]) -> Option<Vec<u8>> {
    let length = u16::from_le_bytes(take(from, 2)?.try_into().ok()?);
    take(from, length.into()).map(<[u8]>::to_vec)
}

fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
