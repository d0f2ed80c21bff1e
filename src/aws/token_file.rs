//! The directory in which the host's processes share ECR tokens: who may write there, and who waits for whom.
//!
//! Nothing is trusted that another user could have put there: a foreign directory is not used, and a file that is foreign,
//! open to others, too long or malformed counts as absent and is written anew.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock};
use serde::{Deserialize, Serialize};

use super::Token;
use crate::job::Secret;

/// A token is below 4 KiB; a longer file is none.
const MOST_BYTES: u64 = 64 * 1024;
const POLL: Duration = Duration::from_millis(50);

/// The directory, found to be ours alone.
pub(super) struct TokenDir {
    path: PathBuf,
}

/// The right to refresh one token; ends with the value.
pub(super) struct Turn {
    _file: File,
}

#[derive(Deserialize, Serialize)]
struct Stored {
    username: String,
    password: Secret,
    issued_at: u64,
    expires_at: u64,
}

impl TokenDir {
    /// The directory, made if it is missing; `None` where it cannot be ours alone.
    pub(super) fn open(path: &Path) -> Option<Self> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).ok()?;
        }
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => return None,
        }
        let found = std::fs::symlink_metadata(path).ok()?;
        if !found.is_dir() || found.uid() != own_user() {
            return None;
        }
        if found.mode() & 0o077 != 0 {
            std::fs::set_permissions(path, Permissions::from_mode(0o700)).ok()?;
        }
        Some(TokenDir {
            path: path.to_owned(),
        })
    }

    /// The token filed under `key`, if there is one to be trusted.
    pub(super) fn read(&self, key: &str) -> Option<Token> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
        let file = options.open(self.token(key)).ok()?;
        let found = file.metadata().ok()?;
        if !found.is_file() || !is_ours_alone(&found) || found.len() > MOST_BYTES {
            return None;
        }
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        let stored: Stored = serde_json::from_str(&text).ok()?;
        Some(Token {
            username: stored.username,
            password: stored.password,
            issued_at: stored.issued_at,
            expires_at: stored.expires_at,
        })
    }

    /// Files the token: readers see the old one or the new one, whole. Only with the turn, so that one writes at a time.
    pub(super) fn write(&self, _turn: &Turn, key: &str, token: &Token) -> io::Result<()> {
        let stored = Stored {
            username: token.username.clone(),
            password: token.password.clone(),
            issued_at: token.issued_at,
            expires_at: token.expires_at,
        };
        let new = self.path.join(format!("{key}.new"));
        // What a killed process left there, whoever owns it.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&serde_json::to_vec(&stored)?)?;
        std::fs::rename(&new, self.token(key))
    }

    /// Waits until no other process, nor another task of this one, refreshes this token; `None` when that takes too long.
    pub(super) async fn turn(&self, key: &str, patience: Duration) -> Option<Turn> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).mode(0o600);
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
        let file = options.open(self.path.join(format!("{key}.lock"))).ok()?;
        let end = Instant::now() + patience;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Some(Turn { _file: file }),
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR)
                    if Instant::now() < end =>
                {
                    tokio::time::sleep(POLL).await;
                }
                Err(_) => return None,
            }
        }
    }

    fn token(&self, key: &str) -> PathBuf {
        self.path.join(format!("{key}.json"))
    }
}

fn is_ours_alone(found: &Metadata) -> bool {
    found.uid() == own_user() && found.mode() & 0o077 == 0
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}
