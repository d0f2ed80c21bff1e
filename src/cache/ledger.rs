//! What jobs of this host used, whose jobs they were, and when: one small file a use, whose time is that of the last.
//!
//! ```text
//! <state>/used/image-<32 hex of the name>-<side key>   the name; touched each time that side of a project uses it
//! <state>/used/volume-…                                likewise
//! <state>/used/side-<side key>.json                    which project that is, and on which side of protection
//! ```
//! Two jobs never write one file at odds, so nothing is locked. Names without a side are the host's own (warmed images).

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::digest::digest;
use crate::error::{Error, Result};

/// A job that is being prepared, or builds, must not lose what it is about to use.
pub(crate) const OF_LATE: Duration = Duration::from_secs(600);

/// Something that a job used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Image,
    Volume,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Volume => "volume",
        }
    }
}

/// A project on one side of protection.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Whose {
    /// 16 hex digits: the same for all jobs of that side on one runner.
    #[serde(skip)]
    pub(crate) key: String,
    /// The project's full path; where GitLab did not say it, its number.
    pub(crate) project: String,
    /// `protected` or `unprotected`.
    pub(crate) side: String,
}

/// A name that was used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Used {
    pub(crate) kind: Kind,
    pub(crate) at: SystemTime,
    pub(crate) name: String,
    /// In order; of some uses it is not known any more.
    pub(crate) by: Vec<Whose>,
}

impl Used {
    /// A clock that went back counts as just now.
    pub(crate) fn is_of_late(&self, now: SystemTime) -> bool {
        now.duration_since(self.at)
            .map_or(true, |since| since <= OF_LATE)
    }
}

/// Where uses are written down, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    dir: PathBuf,
    whose: Option<Whose>,
}

impl Ledger {
    /// `state`: the executor's directory.
    pub(crate) fn of_host(state: &Path) -> Self {
        Ledger {
            dir: state.join("used"),
            whose: None,
        }
    }

    pub(crate) fn of(state: &Path, whose: Whose) -> Self {
        Ledger {
            whose: Some(whose),
            ..Ledger::of_host(state)
        }
    }

    /// Whoever removes by this ledger holds its lock, for as long as the value lives; `None`: another process is at it.
    ///
    /// # Errors
    /// The directory cannot be written to.
    pub(crate) fn hold(&self) -> Result<Option<File>> {
        let at = self.dir.join("lock");
        let opened = std::fs::create_dir_all(&self.dir).and_then(|()| {
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).write(true).open(&at)
        });
        let lock = opened.map_err(|error| {
            Error::system(format!("cannot write to `{}`", at.display())).caused_by(error)
        })?;
        Ok(lock.try_lock().is_ok().then_some(lock))
    }

    /// Writes down that `name` is used now.
    ///
    /// # Errors
    /// The directory cannot be written to.
    pub(crate) fn note(&self, kind: Kind, name: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let key = match &self.whose {
            Some(whose) => {
                self.know(whose)?;
                whose.key.as_str()
            }
            None => "host",
        };
        let file = format!("{}-{key}", stem(kind, name));
        std::fs::write(self.dir.join(file), name)
    }

    fn know(&self, whose: &Whose) -> std::io::Result<()> {
        let file = self.dir.join(format!("side-{}.json", whose.key));
        let text = serde_json::to_vec(whose)?;
        match std::fs::read(&file) {
            Ok(known) if known == text => Ok(()),
            Ok(_) | Err(_) => std::fs::write(&file, text),
        }
    }

    /// All that is written down: what was used longest ago first, images before volumes.
    pub(crate) fn read(&self) -> Vec<Used> {
        let mut sides = BTreeMap::new();
        let mut used: BTreeMap<(Kind, String), Used> = BTreeMap::new();
        for entry in std::fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let mut parts = file_name.splitn(3, '-');
            let kinds = [Kind::Image, Kind::Volume];
            let word = parts.next().unwrap_or_default();
            let Some(kind) = kinds.into_iter().find(|kind| kind.name() == word) else {
                continue;
            };
            let key = parts.nth(1).unwrap_or_default().to_owned();
            let at = entry.metadata().and_then(|metadata| metadata.modified());
            let (Ok(at), Ok(name)) = (at, std::fs::read_to_string(entry.path())) else {
                // Removed in the meantime.
                continue;
            };
            let by = sides
                .entry(key.clone())
                .or_insert_with(|| self.side(&key))
                .clone();
            let one = used.entry((kind, name.clone())).or_insert(Used {
                kind,
                at,
                name,
                by: Vec::new(),
            });
            one.at = one.at.max(at);
            one.by.extend(by);
            one.by.sort();
        }
        let mut used: Vec<Used> = used.into_values().collect();
        used.sort();
        used
    }

    fn side(&self, key: &str) -> Option<Whose> {
        let text = std::fs::read(self.dir.join(format!("side-{key}.json"))).ok()?;
        let known: Whose = serde_json::from_slice(&text).ok()?;
        Some(Whose {
            key: key.to_owned(),
            ..known
        })
    }

    /// Forgets all uses of a name that is gone.
    pub(crate) fn forget(&self, kind: Kind, name: &str) {
        let start = stem(kind, name);
        for entry in std::fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&start)
                && std::fs::remove_file(entry.path()).is_err()
            {
                // Somebody else forgot it; else it is told again, and what is not there is never counted.
            }
        }
    }
}

/// How the files of a name's uses begin.
fn stem(kind: Kind, name: &str) -> String {
    format!("{}-{}", kind.name(), &digest([kind.name(), name])[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(key: &str, side: &str) -> Whose {
        Whose {
            key: key.to_owned(),
            project: "g/app".to_owned(),
            side: side.to_owned(),
        }
    }

    fn grow_old(dir: &Path, name: &str, secs: u64) {
        for entry in std::fs::read_dir(dir.join("used")).unwrap().flatten() {
            if std::fs::read_to_string(entry.path()).unwrap() == name {
                let file = OpenOptions::new().write(true).open(entry.path()).unwrap();
                let then = SystemTime::now() - Duration::from_secs(secs);
                file.set_modified(then).unwrap();
            }
        }
    }

    #[test]
    fn what_was_used_longest_ago_comes_first_images_before_volumes() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(dir.path(), whose("0123456789abcdef", "protected"));
        for (kind, name, secs) in [
            (Kind::Volume, "old-volume", 9000),
            (Kind::Image, "older", 8000),
            (Kind::Image, "old", 700),
            (Kind::Image, "young", 60),
        ] {
            ledger.note(kind, name).unwrap();
            grow_old(dir.path(), name, secs);
        }
        let used = ledger.read();
        let names: Vec<&str> = used.iter().map(|used| used.name.as_str()).collect();
        assert_eq!(names, ["older", "old", "young", "old-volume"]);
        let now = SystemTime::now();
        let of_late = used.iter().filter(|used| used.is_of_late(now));
        assert_eq!(of_late.count(), 1);
        ledger.forget(Kind::Image, "older");
        assert_eq!(ledger.read().len(), 3);
    }

    #[test]
    fn all_who_use_a_name_are_known_and_the_last_use_counts() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (
            whose("0123456789abcdef", "protected"),
            whose("fedcba9876543210", "unprotected"),
        );
        let of = |whose: &Whose| Ledger::of(dir.path(), whose.clone());
        of(&one).note(Kind::Image, "node:22").unwrap();
        grow_old(dir.path(), "node:22", 9000);
        of(&other).note(Kind::Image, "node:22").unwrap();
        Ledger::of_host(dir.path())
            .note(Kind::Image, "node:22")
            .unwrap();
        let used = Ledger::of_host(dir.path()).read();
        assert_eq!(used.len(), 1);
        assert_eq!(used[0].by, [one, other]);
        assert!(used[0].is_of_late(SystemTime::now()));
    }

    #[test]
    fn a_note_of_an_earlier_version_and_a_side_that_is_broken_are_read_too() {
        let dir = tempfile::tempdir().unwrap();
        let used = dir.path().join("used");
        std::fs::create_dir(&used).unwrap();
        let key = &digest(["image", "node:22"])[..32];
        std::fs::write(used.join(format!("image-{key}")), "node:22").unwrap();
        std::fs::write(
            used.join(format!("image-{key}-0123456789abcdef")),
            "node:22",
        )
        .unwrap();
        std::fs::write(used.join("side-0123456789abcdef.json"), "{\"pro").unwrap();
        let read = Ledger::of_host(dir.path()).read();
        assert_eq!((read.len(), read[0].by.len()), (1, 0));
    }
}
