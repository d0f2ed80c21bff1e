//! What is under way on this host, one file each: `<state>/audit/<number>.json`.
//!
//! The process that works holds a lock on its file; the kernel lets go of it when the process ends, however it ends.
//! Files appear under their name when they are whole and locked, so nobody mistakes a young one for a dead one.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::row::{Deed, Status};
use crate::settings::AuditSettings;

const SUFFIX: &str = "json";
/// An entry is below 8 KiB.
const MOST_BYTES: u64 = 64 * 1024;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Entry {
    pub(super) deed: Deed,
    /// In force when it began: its rows belong together, whatever the operator changes meanwhile.
    pub(super) settings: AuditSettings,
    /// How it ended, where that is known and its row is not written yet.
    pub(super) ended: Option<(Status, String)>,
}

/// An entry of ours, held for as long as the value lives.
pub(super) struct Held {
    path: PathBuf,
    file: File,
}

impl Held {
    pub(super) fn begin(dir: &Path, entry: &Entry) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let name = format!(
            "{}-{}-{}",
            super::trail::now_ms(),
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let new = dir.join(format!("{name}.new"));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        flock(&file, FlockOperation::LockExclusive)?;
        let mut held = Held {
            path: new.clone(),
            file,
        };
        held.write(entry)?;
        held.path = dir.join(format!("{name}.{SUFFIX}"));
        std::fs::rename(new, &held.path)?;
        Ok(held)
    }

    pub(super) fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let bytes = serde_json::to_vec(entry)?;
        self.file.rewind()?;
        self.file.write_all(&bytes)?;
        self.file.set_len(bytes.len() as u64)
    }

    pub(super) fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// An entry whose process is gone, now held by us; or the path of one that cannot be read, and why.
pub(super) type Note = Result<(Held, Entry), (PathBuf, io::Error)>;

/// All of them.
pub(super) fn abandoned(dir: &Path) -> Vec<Note> {
    let Ok(listed) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in listed.flatten().map(|one| one.path()) {
        if path.extension().is_none_or(|suffix| suffix != SUFFIX) {
            continue;
        }
        match take(&path) {
            Ok(Some(taken)) => found.push(Ok(taken)),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.push(Err((path, error))),
        }
    }
    found
}

/// `None`: somebody works on it.
fn take(path: &Path) -> io::Result<Option<(Held, Entry)>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    // Whoever held it before us may have finished it.
    if !path.exists() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    (&mut file).take(MOST_BYTES).read_to_end(&mut bytes)?;
    let entry = serde_json::from_slice(&bytes)?;
    let held = Held {
        path: path.to_owned(),
        file,
    };
    Ok(Some((held, entry)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            deed: crate::audit::row::sample(),
            settings: AuditSettings::default(),
            ended: None,
        }
    }

    #[test]
    fn what_somebody_works_on_is_not_abandoned_and_what_nobody_does_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Held::begin(dir.path(), &entry()).unwrap();
        assert!(abandoned(dir.path()).is_empty());
        let told = Entry {
            ended: Some((Status::Success, "good".to_owned())),
            ..entry()
        };
        held.write(&told).unwrap();
        drop(held);
        let found = abandoned(dir.path()).remove(0).map_err(|_| ()).unwrap();
        assert_eq!(found.1.ended, told.ended);
        assert!(abandoned(dir.path()).is_empty(), "it is held by us now");
        found.0.remove().unwrap();
        assert!(abandoned(dir.path()).is_empty());
    }

    #[test]
    fn a_file_of_nonsense_is_told_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("1.json"), "{").unwrap();
        assert!(abandoned(dir.path()).remove(0).is_err());
    }
}
