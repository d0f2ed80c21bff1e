//! The jobs that run on this host now, as their directories tell: without a question to the engine.

use std::time::{Duration, SystemTime};

use super::claim::{Claim, Claimed};
use super::marks::ENDED;
use super::owner;
use super::place::{Place, entries};
use crate::error::Result;
use crate::settings::Settings;

/// A job between its `prepare` and its `cleanup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveJob {
    /// As in the names of its containers.
    pub(crate) key: String,
    /// `None`: an earlier version of this program prepared it.
    pub(crate) job: Option<Claimed>,
    pub(crate) runs_for: Duration,
}

/// In the order in which they began. A job whose runner is gone is not among them.
///
/// # Errors
/// `Usage` where the executor has no directory.
pub(crate) fn live(settings: &Settings) -> Result<Vec<LiveJob>> {
    let place = Place::of(&settings.executor)?;
    let mut jobs = Vec::new();
    for dir in entries(&place.jobs_dir()) {
        let Some(claim) = Claim::read(&dir) else {
            continue;
        };
        if dir.join(ENDED).exists() || !owner::is_alive(Some(&claim.owner), None) {
            continue;
        }
        let since = std::fs::metadata(dir.join("claim.json")).and_then(|file| file.modified());
        let runs_for = since
            .ok()
            .and_then(|since| SystemTime::now().duration_since(since).ok());
        jobs.push(LiveJob {
            key: dir
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            job: claim.job,
            runs_for: runs_for.unwrap_or_default(),
        });
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.runs_for));
    Ok(jobs)
}
