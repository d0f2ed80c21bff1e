//! One push of a tag at a time on this host.
//!
//! The engine pushes whatever has the tag's name at that moment: of two jobs that push one tag at the same time, one
//! would otherwise push the other's image and tell its own.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::Duration;

use rustix::fs::FlockOperation;

use crate::digest::digest;
use crate::error::{Error, Result};

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Held for as long as the value lives.
pub(super) struct Held {
    _file: File,
}

/// Waits for the lock on `name`, a reference.
pub(super) async fn hold(state: &Path, name: &str) -> Result<Held> {
    let dir = state.join("locks");
    let failed = |error: std::io::Error| {
        Error::system(format!("cannot lock the push of `{name}`"))
            .caused_by(error)
            .hint("the operator of this host checks `[executor] state_dir`: its permissions, and whether the disk is full")
    };
    std::fs::create_dir_all(&dir).map_err(failed)?;
    let path = dir.join(&digest([name])[..32]);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(failed)?;
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Held { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Err(error) => return Err(failed(error.into())),
        }
    }
}
