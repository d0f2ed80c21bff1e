//! Draining: gitlab-runner takes no more jobs, those that run come to their end, and it ends.
//!
//! Refuses to stop a unit that would end its jobs. What runs is judged by the process of gitlab-runner, never by the jobs that are
//! seen: one that was just given to it has left no trace yet. Read next: `process`, `systemd`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::{Either, select};
use rustix::process::Signal as Posix;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Mode;
use super::job::{RunningJob, told};
use super::process::{Running, running_by};
use super::systemd::{self, UNIT, Unit};
use crate::error::{Cause, Class, End, Error, Result, Signal};
use crate::output;

/// How often is looked whether the runner has ended, how often at what runs, and how often that is told where nothing changes.
const PAUSE: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_secs(1);
const WORD: Duration = Duration::from_secs(60);
/// For the runner to end its jobs when it is told to: its own limit is 30 s for all, unless it is set higher.
const ENDING: Duration = Duration::from_secs(120);

pub(crate) struct Drain {
    /// gitlab-runner's.
    pub(crate) file: PathBuf,
    /// `None`: as long as the jobs take.
    pub(crate) patience: Option<Duration>,
    pub(crate) at_the_end: AtTheEnd,
    pub(crate) mode: Mode,
}

/// What becomes of jobs that still run when the patience is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtTheEnd {
    Leave,
    EndJobs,
}

/// How it is told.
enum Way {
    /// No runner runs.
    None,
    Unit(Running),
    Processes(Vec<Running>),
}

#[derive(Debug)]
pub(crate) struct Drained {
    pub(crate) pids: Vec<i32>,
    pub(crate) waited: Duration,
    /// Were told to end.
    pub(crate) ended: Vec<RunningJob>,
}

/// What happens meanwhile.
pub(crate) struct Around<'a> {
    pub(crate) jobs: &'a dyn Fn() -> Result<Vec<RunningJob>>,
    pub(crate) tell: &'a dyn Fn(String),
}

/// Within a runtime.
///
/// # Errors
/// `Precondition` where stopping the unit would end its jobs; `Ended(TimedOut)` where jobs still run; `Cancelled`: the runner goes on
/// draining.
pub(crate) async fn drain(wanted: &Drain, around: &Around<'_>) -> Result<Drained> {
    let way = decide(systemd::unit()?, running_by(&wanted.file))?;
    let before = (around.jobs)()?;
    let plan = match &way {
        Way::None => "No gitlab-runner runs by this file".to_owned(),
        Way::Unit(running) => format!("{UNIT} (process {}) stops", running.pid),
        Way::Processes(all) => format!("gitlab-runner ({}) is told to end", numbers(all)),
    };
    let jobs = match way {
        Way::None => String::new(),
        Way::Unit(_) | Way::Processes(_) => format!(", after {}", told(&before)),
    };
    (around.tell)(format!("{plan}{jobs}"));
    let mut drained = Drained {
        pids: Vec::new(),
        waited: Duration::ZERO,
        ended: Vec::new(),
    };
    let running = match way {
        Way::None => return Ok(drained),
        _ if wanted.mode == Mode::DryRun => return Ok(drained),
        Way::Unit(running) => {
            systemd::stop()?;
            vec![running]
        }
        Way::Processes(all) => {
            all.iter().try_for_each(|one| one.signal(Posix::QUIT))?;
            all
        }
    };
    drained.pids = running.iter().map(|running| running.pid).collect();
    let begun = Instant::now();
    if !waited(&running, wanted.patience, around).await? {
        let left = (around.jobs)()?;
        match wanted.at_the_end {
            AtTheEnd::Leave => return Err(late(&left, begun.elapsed())),
            AtTheEnd::EndJobs => {
                (around.tell)(format!("The time is over: ending {}", told(&left)));
                running.iter().try_for_each(|one| one.signal(Posix::TERM))?;
                drained.ended = left;
                if !waited(&running, Some(ENDING), around).await? {
                    return Err(late(&(around.jobs)()?, begun.elapsed()));
                }
            }
        }
    }
    drained.waited = begun.elapsed();
    Ok(drained)
}

fn decide(unit: Option<Unit>, mut running: Vec<Running>) -> Result<Way> {
    let its = |unit: &Unit| running.iter().position(|one| one.pid == unit.main_pid);
    let Some((unit, at)) = unit.and_then(|unit| its(&unit).map(|at| (unit, at))) else {
        return Ok(match running.is_empty() {
            true => Way::None,
            false => Way::Processes(running),
        });
    };
    match unit.would_end_jobs() {
        // What is told already is told.
        Some(why) if !unit.is_draining() => Err(Error::precondition(format!(
            "stopping {UNIT} would end the jobs that run"
        ))
        .caused_by(Cause::line(why))
        .hint("baws-ci runner install: it writes what the unit needs, and holds for the runner that runs now")),
        Some(_) | None => Ok(Way::Unit(running.swap_remove(at))),
    }
}

/// Whether all have ended, within the patience.
async fn waited(
    running: &[Running],
    patience: Option<Duration>,
    around: &Around<'_>,
) -> Result<bool> {
    let begun = Instant::now();
    let deaf = |error| Error::system("cannot listen for signals").caused_by(error);
    let mut interrupted = Box::pin(crate::interrupt::interrupted().map_err(deaf)?);
    let (mut seen, mut looked, mut said) = (None, Instant::now(), Instant::now());
    while !have_ended(running)? {
        let left = patience.map(|patience| patience.saturating_sub(begun.elapsed()));
        if left == Some(Duration::ZERO) {
            return Ok(false);
        }
        let pause = Box::pin(sleep(left.map_or(PAUSE, |left| left.min(PAUSE))));
        if let Either::Right((signal, _)) = select(pause, &mut interrupted).await {
            return Err(cancelled(signal));
        }
        if looked.elapsed() < LOOK {
            continue;
        }
        looked = Instant::now();
        let jobs = (around.jobs)()?;
        let keys: BTreeSet<String> = jobs.iter().map(|job| job.key.clone()).collect();
        let is_news = seen.as_ref() != Some(&keys) || said.elapsed() > WORD;
        if !jobs.is_empty() && is_news {
            (around.tell)(format!("Waiting for {}", told(&jobs)));
            said = Instant::now();
        }
        seen = Some(keys);
    }
    Ok(true)
}

fn have_ended(running: &[Running]) -> Result<bool> {
    for one in running {
        if !one.has_ended()? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn late(left: &[RunningJob], waited: Duration) -> Error {
    let class = Class::Ended(End::TimedOut);
    let after = output::duration(waited);
    let mut error = Error::new(class, format!("gitlab-runner still runs after {after}"))
        .hint("it takes no more jobs, and ends with the last one: run this again to go on waiting")
        .hint("--end-jobs ends what still runs when the time is over; a job can be cancelled in GitLab too");
    for job in left {
        error = error.caused_by(Cause::line(format!("the job {}", job.line())));
    }
    error
}

fn cancelled(signal: Signal) -> Error {
    Error::new(Class::Cancelled(signal), "nobody waits for the runner any more")
        .hint("it takes no more jobs, and ends with the last one; `systemctl start gitlab-runner` takes it back into work when it has ended")
}

fn numbers(running: &[Running]) -> String {
    let numbers: Vec<String> = running
        .iter()
        .map(|running| format!("process {}", running.pid))
        .collect();
    numbers.join(", ")
}

impl Drained {
    /// For people.
    pub(crate) fn line(&self) -> String {
        match (self.pids.is_empty(), self.ended.len()) {
            (true, _) => "This host takes no jobs".to_owned(),
            (false, 0) => format!(
                "This host takes no jobs any more, after {}",
                output::duration(self.waited)
            ),
            (false, 1) => "This host takes no jobs any more; 1 job was ended".to_owned(),
            (false, ended) => {
                format!("This host takes no jobs any more; {ended} jobs were ended")
            }
        }
    }

    /// Schema `baws-ci/runner-drain/1`.
    pub(crate) fn as_json(&self, mode: Mode) -> Value {
        json!({
            "schema": "baws-ci/runner-drain/1",
            "processes": self.pids,
            "waited_secs": self.waited.as_secs(),
            "ended_jobs": self.ended.iter().map(RunningJob::as_json).collect::<Vec<_>>(),
            "dry_run": mode == Mode::DryRun,
        })
    }
}
