//! One fetch of an image for all jobs of this host that want it at the same time, with the same login.
//!
//! A lock in the state directory is the turn, and what it holds is when the last fetch was over, and how it failed. Who waited
//! and finds that it was over after they came has what they wanted, or the same failure: a registry that is in trouble is
//! not asked by every job in turn. A fetch that was cancelled leaves nothing, and the next one begins its own.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::images::{Wanted, pause};
use crate::broker::Fault;
use crate::digest::digest;
use crate::error::Error;
use crate::output::{self, Output};

const LOOK_EVERY: Duration = Duration::from_millis(100);
const TELL_AFTER: Duration = Duration::from_secs(2);

/// Whose turn it is to fetch.
pub(super) enum Turn {
    /// Ours; the lock goes with it.
    Ours(Fetch),
    /// Another job has fetched it since we came.
    Fetched,
    /// Another job has tried since we came.
    Failed(Error),
}

/// What a lock holds.
#[derive(Deserialize, Serialize)]
struct Last {
    /// Milliseconds since 1970.
    over_ms: u64,
    failure: Option<Fault>,
}

pub(super) struct Fetch(Option<File>);

impl Fetch {
    /// Whoever waits need not repeat it.
    pub(super) fn over(self, failure: Option<&Error>) {
        let Some(mut file) = self.0 else { return };
        let last = Last {
            over_ms: now_ms(),
            failure: failure.map(Fault::of),
        };
        let told = serde_json::to_vec(&last).map_err(std::io::Error::other);
        let told = told.and_then(|text| {
            file.rewind()?;
            file.set_len(0)?;
            file.write_all(&text)
        });
        // Whoever waits then fetches it too, which is as well.
        told.ok();
    }
}

/// `dir`: of locks, shared by all jobs of this host. Where it cannot be used everybody fetches for themselves.
pub(super) async fn turn(dir: &Path, wanted: Wanted<'_>, output: &Output) -> Turn {
    let came = now_ms();
    let begun = Instant::now();
    let Ok(mut file) = open(&path(dir, wanted)) else {
        return Turn::Ours(Fetch(None));
    };
    let mut told = false;
    while file.try_lock().is_err() {
        if !told && begun.elapsed() > TELL_AFTER {
            output.status(format!(
                "Waiting for another job of this host that pulls `{}` …",
                wanted.name
            ));
            told = true;
        }
        pause(LOOK_EVERY).await;
    }
    let mut text = String::new();
    let last = file
        .rewind()
        .and_then(|()| file.read_to_string(&mut text))
        .ok()
        .and_then(|_| serde_json::from_str::<Last>(&text).ok())
        .filter(|last| last.over_ms >= came);
    let Some(last) = last else {
        return Turn::Ours(Fetch(Some(file)));
    };
    let (how, turn) = match last.failure {
        None => ("Pulled", Turn::Fetched),
        Some(fault) => ("Asked for", Turn::Failed(fault.into_error())),
    };
    output.status(format!(
        "{how} `{}` by another job of this host, waited {}",
        wanted.name,
        output::duration(begun.elapsed())
    ));
    turn
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// Those with another login do not profit from this one's.
fn path(dir: &Path, wanted: Wanted<'_>) -> PathBuf {
    let login = wanted
        .login
        .map(|login| digest([login.url.as_str(), &login.username, login.password.reveal()]));
    let login = login.unwrap_or_default();
    let key = digest([wanted.name, wanted.platform, login.as_str()]);
    dir.join(format!("pull-{}", &key[..32]))
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    since
        .and_then(|since| since.as_millis().try_into().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Cause;

    #[test]
    fn who_waited_has_what_the_other_fetched_and_who_comes_later_fetches() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::plain();
        let wanted = Wanted {
            name: "a",
            ..Wanted::default()
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(async {
            let Turn::Ours(fetch) = turn(dir.path(), wanted, &output).await else {
                panic!("nobody has fetched it");
            };
            let waits = turn(dir.path(), wanted, &output);
            let fetches = async {
                pause(Duration::from_millis(50)).await;
                fetch.over(None);
            };
            let (waited, ()) = futures_util::future::join(waits, fetches).await;
            assert!(matches!(waited, Turn::Fetched));
            pause(Duration::from_millis(5)).await;
            let later = turn(dir.path(), wanted, &output).await;
            let Turn::Ours(fetch) = later else {
                panic!("it was fetched before they came");
            };
            let error = Error::refused("no image")
                .caused_by(Cause::line("404"))
                .hint("spell it");
            let waits = turn(dir.path(), wanted, &output);
            let fails = async {
                pause(Duration::from_millis(50)).await;
                fetch.over(Some(&error));
            };
            let (waited, ()) = futures_util::future::join(waits, fails).await;
            let Turn::Failed(told) = waited else {
                panic!("it failed for the other, too");
            };
            assert_eq!(
                (told.class(), told.causes(), told.hints()),
                (error.class(), error.causes(), error.hints())
            );
        });
    }
}
