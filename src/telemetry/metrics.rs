//! A file in Prometheus' text format: counters and histograms over all jobs of this host, to which each job adds itself.
//!
//! The file is the state: it is read, added to and put into place at once, by one process at a time (a lock beside it). What is
//! in it and is none of ours is a broken file, and begins anew. Never more series than the table below has.
//! Source: Prometheus, "Exposition formats", "Metric and label naming"; node_exporter, textfile collector.

mod families;
mod text;

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::story::Story;
use crate::error::{Cause, Error};
use families::added;
use text::{Series, read, written};

/// Whoever holds the lock is done in a millisecond, or stuck.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN_TRIES: Duration = Duration::from_millis(2);
/// Ours has some 200 lines; what is larger is something else.
const LARGEST: u64 = 1 << 20;

/// Adds a job; what hinders that is told to the operator, and no more.
pub(super) fn add(file: &Path, story: &Story) -> Option<Error> {
    let done = is_ours_to_replace(file)
        .and_then(|()| lock(file))
        .and_then(|_lock| {
            let (mut series, broken) = held(file)?;
            added(&mut series, story);
            put(file, &written(&series))?;
            Ok(broken)
        });
    match done {
        Ok(None) => None,
        Ok(Some(why)) => Some(
            Error::system(format!(
                "the metrics in `{}` are begun anew",
                file.display()
            ))
            .caused_by(Cause::line(why)),
        ),
        Err(error) => Some(
            Error::system(format!("cannot add a job to `{}`", file.display()))
                .caused_by(error)
                .hint("the operator makes its directory, or room on its disk, or corrects `metrics_file` in `[telemetry]`"),
        ),
    }
}

/// A device, a directory or a link stays what it is.
fn is_ours_to_replace(file: &Path) -> std::io::Result<()> {
    match std::fs::symlink_metadata(file) {
        Ok(found) if !found.is_file() => Err(std::io::Error::other("it is no regular file")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// What the file holds, and what is wrong with it if it cannot be used.
fn held(file: &Path) -> std::io::Result<(Series, Option<String>)> {
    let found = match std::fs::symlink_metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Series::new(), None)),
        found => found?,
    };
    if found.len() > LARGEST {
        let why = "it is larger than any of this program's";
        return Ok((Series::new(), Some(why.to_owned())));
    }
    let bytes = std::fs::read(file)?;
    Ok(match read(&String::from_utf8_lossy(&bytes)) {
        Ok(series) => (series, None),
        Err(line) => {
            let why = format!("line {line} is none that this program writes");
            (Series::new(), Some(why))
        }
    })
}

/// Held for as long as the value lives.
fn lock(file: &Path) -> std::io::Result<File> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(beside(file, "lock"))?;
    let until = Instant::now() + PATIENCE;
    while let Err(error) = lock.try_lock() {
        if Instant::now() > until {
            return Err(error.into());
        }
        std::thread::sleep(BETWEEN_TRIES);
    }
    Ok(lock)
}

/// At once: whoever reads it has the old one or the new one.
fn put(file: &Path, text: &str) -> std::io::Result<()> {
    let new = beside(file, "new");
    // What a killed process left; ours is the lock.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(&new)
        .and_then(|mut new| {
            // The runner may have another umask; node_exporter is another user.
            let all_read = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            new.set_permissions(all_read)?;
            new.write_all(text.as_bytes())
        })
        .and_then(|()| std::fs::rename(&new, file));
    if written.is_err() {
        std::fs::remove_file(&new).ok();
    }
    written
}

/// `.NAME.what`: node_exporter reads only what ends in `.prom`.
fn beside(file: &Path, what: &str) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{what}"))
}

#[cfg(test)]
mod tests;
