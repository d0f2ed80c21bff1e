//! What became of each job, and what that makes of the run. Pure.

use std::time::Duration;

use super::decide::Fate;
use super::outcome::Failure;
use crate::error::{Cause, Class, Error, Result, Signal};

/// What became of a job.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// In a child pipeline behind the names of the jobs that led there: `start / build`.
    pub(super) name: String,
    pub(super) fate: Fate,
    pub(super) took: Duration,
    /// The environment it deployed to.
    pub(super) place: Option<String>,
    /// Why it failed, unless that was allowed, or was the failure of jobs that it started.
    pub(super) failure: Option<Failure>,
}

/// The end of a run with these jobs, after this signal. `asked`: the jobs that somebody named.
///
/// # Errors
/// `Script` with the failed jobs, `System` when none of them is to blame, `Cancelled`; `Precondition` for a job that was
/// named and did not run.
pub(super) fn verdict(rows: &[Row], asked: &[String], signal: Option<Signal>) -> Result<()> {
    if let Some(signal) = signal {
        let name = match signal {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        };
        return Err(Error::new(
            Class::Cancelled(signal),
            format!("the pipeline was cancelled by {name}"),
        ));
    }
    // A job that failed with the pipeline it started has no failure of its own.
    let failed: Vec<(&String, &Failure)> = rows
        .iter()
        .filter_map(|row| Some((&row.name, row.failure.as_ref()?)))
        .collect();
    if failed.is_empty() {
        return all_ran(rows, asked);
    }
    let names: Vec<String> = failed.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = match names.as_slice() {
        [one] => format!("the job {one} failed"),
        several => format!("{} jobs failed: {}", several.len(), several.join(", ")),
    };
    let of_system = |(_, failure): &(&String, &Failure)| matches!(failure, Failure::System(_));
    let system = failed.iter().all(of_system);
    Err(Error::new(
        if system {
            Class::System
        } else {
            super::script_class(failed[0].1)
        },
        message,
    ))
}

/// Nobody who asks for a job shall take its absence for success.
fn all_ran(rows: &[Row], asked: &[String]) -> Result<()> {
    for row in rows.iter().filter(|row| asked.contains(&row.name)) {
        if let Fate::Skipped(why) = &row.fate {
            return Err(
                Error::precondition(format!("the job `{}` did not run", row.name))
                    .caused_by(Cause::line(why))
                    .hint("a manual job runs if it is named as well"),
            );
        }
    }
    Ok(())
}
