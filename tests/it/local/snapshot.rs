//! A directory at one moment, so that a test can tell that it was only read.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Mode, size and time of change of everything in it, git's own files included.
#[derive(PartialEq, Eq)]
pub(super) struct Snapshot(BTreeMap<PathBuf, (u32, u64, i64, i64)>);

impl Snapshot {
    pub(super) fn of(root: &Path) -> Self {
        let mut found = BTreeMap::new();
        let mut open = vec![root.to_owned()];
        while let Some(path) = open.pop() {
            let data = std::fs::symlink_metadata(&path).expect("nobody else works here");
            if data.is_dir() {
                let entries = std::fs::read_dir(&path).expect("it can be read");
                open.extend(entries.flatten().map(|entry| entry.path()));
            }
            let facts = (data.mode(), data.size(), data.mtime(), data.mtime_nsec());
            found.insert(path, facts);
        }
        Snapshot(found)
    }

    #[track_caller]
    pub(super) fn is_still(&self, root: &Path) {
        let now = Snapshot::of(root);
        let differs = |(path, facts): &(&PathBuf, &_)| self.0.get(*path) != Some(*facts);
        let changed: Vec<_> = now.0.iter().filter(differs).map(|(path, _)| path).collect();
        let gone: Vec<_> = self
            .0
            .keys()
            .filter(|path| !now.0.contains_key(*path))
            .collect();
        assert!(
            *self == now,
            "the work tree was changed: {changed:?}; gone: {gone:?}"
        );
    }
}
