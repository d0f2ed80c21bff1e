//! What operators look at beside the job logs: records, metrics, traces, the host's journal, and a page about the last day.
//!
//! ```text
//! prepare, run   note in the job's diary what begins and ends (`diary`); secrets are taken out there (`mask`)
//! cleanup        reads the diary once: `story` decides how the job ended, then each of `record`, `metrics`, `otlp`, `journal` tells it
//! report         reads the records of many jobs
//! ```
//! Off by default, and then nothing is written. Refuses to fail or to hold up a job: what cannot be told is a warning to the
//! operator. Refuses to guess: what a killed stage leaves unknown is unknown. Names of projects become no label of a metric.

mod about;
mod diary;
mod journal;
mod mask;
mod metrics;
mod otlp;
mod record;
mod report;
mod story;

pub(crate) use about::About;
pub(crate) use diary::{Diary, End, Span, Work};
pub(crate) use report::{Asked, Form, report};
pub(crate) use story::part_of;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::settings::Settings;
use story::Story;

const YOUNG: Duration = Duration::from_secs(60);

/// Whether anything is told of jobs.
pub(crate) fn is_on(settings: &Settings) -> bool {
    settings.executor.job_records.is_some() || settings.telemetry.is_on()
}

/// Where the diary of a job is, by the job's key; outside what any container sees.
pub(crate) fn diary_of(state: &Path, key: &str) -> PathBuf {
    diaries(state).join(format!("{key}.jsonl"))
}

fn diaries(state: &Path) -> PathBuf {
    state.join("diaries")
}

/// What is being told; a trace may be on its way.
pub(crate) struct Telling {
    record: Result<()>,
    warnings: Vec<Error>,
    traces: Option<otlp::Sending>,
}

/// Tells how a job went, once: the diary goes first. `None`: nothing was noted, or it was told before.
pub(crate) fn tell(settings: &Settings, diary: &Path) -> Option<Telling> {
    let story = taken(diary, Some(now_ms()))?;
    Some(told(settings, &story))
}

fn taken(diary: &Path, ended_ms: Option<u64>) -> Option<Story> {
    let text = std::fs::read_to_string(diary).ok()?;
    std::fs::remove_file(diary).ok()?;
    Story::of(diary::read(&text), ended_ms)
}

fn told(settings: &Settings, story: &Story) -> Telling {
    let telemetry = &settings.telemetry;
    let traces = otlp::begin(telemetry, story);
    let mut warnings = Vec::new();
    if telemetry.journal {
        warnings.extend(journal::ended(&telemetry.journal_socket, story).err());
    }
    if let Some(file) = &telemetry.metrics_file {
        warnings.extend(metrics::add(file, story));
    }
    let record = match &settings.executor.job_records {
        Some(file) => record::add(file, story),
        None => Ok(()),
    };
    Telling {
        record,
        warnings,
        traces,
    }
}

impl Telling {
    /// Waits for what is still on its way, at most as long as the settings allow. `warn` hears of what was not told.
    ///
    /// # Errors
    /// The record could not be written.
    pub(crate) fn end(self, warn: &dyn Fn(&Error)) -> Result<()> {
        let late = self.traces.map(otlp::Sending::wait).unwrap_or_default();
        self.warnings.iter().chain(&late).for_each(warn);
        self.record
    }
}

/// Tells of jobs whose runner is gone: how they ended nobody knows. `is_alive`: by owner and deadline.
pub(crate) fn settle(
    settings: &Settings,
    state: &Path,
    is_alive: &dyn Fn(&str, u64) -> bool,
    warn: &dyn Fn(&Error),
) {
    let Ok(found) = std::fs::read_dir(diaries(state)) else {
        return;
    };
    for path in found.flatten().map(|entry| entry.path()) {
        let about = std::fs::read_to_string(&path)
            .ok()
            .and_then(|text| diary::about(&text));
        let is_anothers = match about {
            Some(about) => is_alive(&about.owner, about.deadline_secs),
            None => is_young(&path),
        };
        if is_anothers {
            continue;
        }
        if let Some(story) = taken(&path, None)
            && let Err(error) = told(settings, &story).end(warn)
        {
            warn(&error);
        }
    }
}

/// Its first line may just be written.
fn is_young(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|found| found.modified());
    let age = modified.ok().and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age < YOUNG)
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    since
        .and_then(|since| since.as_millis().try_into().ok())
        .unwrap_or(0)
}

/// The name of this host.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}
