//! Which of several runs at the same time this is: volumes that outlive a job belong to a project *and* a slot.
//!
//! A slot is a locked file; the lock ends with the process, however it ends.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};

use rustix::fs::{FlockOperation, flock};

use super::scratch::cannot_write;
use crate::error::{Error, Result};

const MOST: u32 = 1000;

/// Held for as long as its volumes may be in use.
pub(super) struct Slot {
    pub(super) number: u32,
    _lock: File,
}

impl Slot {
    /// The first free slot of the project.
    pub(super) fn take(project_id: u64) -> Result<Self> {
        let user = rustix::process::getuid().as_raw();
        let directory = std::env::temp_dir().join(format!("baws-ci-slots-{user}"));
        match DirBuilder::new().mode(0o700).create(&directory) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(cannot_write(&directory, error));
            }
            Ok(()) | Err(_) => {}
        }
        let found = std::fs::symlink_metadata(&directory)
            .map_err(|error| cannot_write(&directory, error))?;
        if !found.is_dir() || found.uid() != user {
            return Err(Error::precondition(format!(
                "`{}` is not this user's directory",
                directory.display()
            ))
            .hint("remove it, or point TMPDIR elsewhere"));
        }
        for number in 0..MOST {
            let path = directory.join(format!("{project_id}-{number}"));
            let lock = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path);
            let lock = lock.map_err(|error| cannot_write(&path, error))?;
            if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
                return Ok(Slot {
                    number,
                    _lock: lock,
                });
            }
        }
        Err(Error::system(format!(
            "{MOST} jobs of this project run already"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::Slot;

    #[test]
    fn two_at_the_same_time_never_share_a_slot() {
        let project = 4_000_000_000 + u64::from(std::process::id());
        let (first, second) = (Slot::take(project).unwrap(), Slot::take(project).unwrap());
        assert_eq!((first.number, second.number), (0, 1));
        drop(first);
        assert_eq!(Slot::take(project).unwrap().number, 0);
    }
}
