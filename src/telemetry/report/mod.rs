//! `executor report`: the records of a time, as one page, as words or as JSON. Made on demand; keeps nothing.
//!
//! Reads line by line and holds sums, so that a busy month is no trouble. Whatever a record says is a stranger's text. Lines that
//! are no records are counted and told.

mod chart;
mod page;
mod read;
mod summary;
mod tally;
mod words;

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::output::Output;
use summary::Summary;

/// What is asked for.
pub(crate) struct Asked {
    /// `None`: the settings name none.
    pub(crate) records: Option<PathBuf>,
    /// Such as `24h`.
    pub(crate) since: String,
    pub(crate) form: Form,
}

pub(crate) enum Form {
    Words,
    Json,
    /// As HTML, to this file.
    Page(PathBuf),
}

/// # Errors
/// No records are kept, or they cannot be read; `since` is no time; the page cannot be written.
pub(crate) fn report(asked: &Asked, output: &Output) -> Result<()> {
    let Some(records) = &asked.records else {
        return Err(Error::usage("this host keeps no records of its jobs")
            .hint("the operator sets `job_records` in `[executor]` of the settings, such as \"/var/log/baws-ci/jobs.jsonl\"; each job that ends from then on is in it")
            .hint("or name a file of records by --records"));
    };
    let until_ms = super::now_ms();
    let mut summary = Summary::of(until_ms.saturating_sub(period_ms(&asked.since)?), until_ms);
    // The older file first: `logrotate` may have moved the beginning of the time there.
    let mut rotated = records.as_os_str().to_owned();
    rotated.push(".1");
    let rotated = PathBuf::from(rotated);
    if rotated.is_file() {
        read::records(&rotated, &mut summary)?;
    }
    read::records(records, &mut summary)?;
    let told = summary.told();
    match &asked.form {
        Form::Words => output.data(words::words(&told)),
        Form::Json => {
            let text = serde_json::to_string(&told)
                .map_err(|error| Error::system("cannot write the report").caused_by(error))?;
            output.data(format!("{text}\n"));
        }
        Form::Page(file) => {
            std::fs::write(file, page::page(&told)).map_err(|error| {
                Error::precondition(format!("cannot write `{}`", file.display())).caused_by(error)
            })?;
            output.status(format!(
                "Wrote `{}`: {} records of {} jobs",
                file.display(),
                told.records,
                told.jobs
            ));
        }
    }
    if told.broken_lines > 0 {
        output.warning(format!(
            "{} lines of `{}` are no records of jobs and were left out",
            told.broken_lines,
            records.display()
        ));
    }
    Ok(())
}

/// `90m`, `24h`, `7d`, in milliseconds.
fn period_ms(text: &str) -> Result<u64> {
    let wrong = || {
        Error::usage(format!("`--since {}` is no time", text.escape_debug()))
            .hint("write a number with m, h or d, such as 24h or 7d")
    };
    let unit_ms = match text.chars().last() {
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => 86_400_000,
        Some(_) | None => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let ms = count.checked_mul(unit_ms).filter(|ms| *ms > 0);
    ms.ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
