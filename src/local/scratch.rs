//! A directory of our own that ends with the value: for a stage's files, archives on their way, copies of sources.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};

/// Mode 0700, below the system's directory for temporary files.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(purpose: &str) -> Result<Self> {
        let base = std::env::temp_dir();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_nanos());
        for n in 0..1000u128 {
            let path = base.join(format!(
                "baws-ci-{purpose}-{}-{:x}",
                std::process::id(),
                now + n
            ));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Scratch(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot_write(&path, error)),
            }
        }
        Err(Error::system(format!(
            "cannot find a free name for a directory in `{}`",
            base.display()
        )))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Creates a file, which must be new, and writes it.
    pub(super) fn write(
        &self,
        name: impl AsRef<Path>,
        mode: u32,
        content: &[u8],
    ) -> Result<PathBuf> {
        let path = self.0.join(name);
        let mut file = create(&path, mode)?;
        file.write_all(content)
            .map_err(|error| cannot_write(&path, error))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::fs::remove_dir_all(&self.0).is_err() {
            // The system clears its directory for temporary files; nothing in here is missed.
        }
    }
}

/// A new file; one that is there already is somebody else's.
pub(super) fn create(path: &Path, mode: u32) -> Result<File> {
    OpenOptions::new()
        .write(true)
        .read(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(|error| cannot_write(path, error))
}

pub(super) fn cannot_write(path: &Path, cause: std::io::Error) -> Error {
    Error::system(format!("cannot write `{}`", path.display())).caused_by(cause)
}
