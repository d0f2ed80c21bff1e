//! When which row is written, and what happens where one cannot be.
//!
//! A row is never written over: each has a moment of its own in its key, and is put on condition that the key is free. An
//! answer that was lost is told from a key that somebody else has by reading the row.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::ledger::{Entry, Held, Note, abandoned};
use super::persistently;
use super::row::{Deed, ID, Status};
use super::tables::{Table, Tables};
use crate::aws::{Put, Rows, SESSION, Texts};
use crate::error::{Error, Result};
use crate::settings::{AwsSettings, OnAuditFailure};

/// Rows of one key in one millisecond: one of them waits for its own.
const MOST_TAKEN: u64 = 20;

/// People wait for a cleanup.
const LONGEST_SETTLING: Duration = Duration::from_secs(30);

const NEVER_TOLD: &str =
    "the work was ended before it could tell how: its process was killed, or its host stopped";

/// Where rows go, and where what is under way is noted.
pub(crate) struct Trail<'a> {
    tables: Tables<'a>,
    ledger: PathBuf,
}

/// Work whose first row is written. Without [`Trail::end`] it counts as never told, and [`Unsettled`] tells it so.
pub(crate) struct Open {
    entry: Entry,
    held: Held,
}

impl<'a> Trail<'a> {
    /// `state`: the directory for what is under way. Asks nothing of anybody.
    pub(crate) fn of(tables: Tables<'a>, state: &Path) -> Self {
        Trail {
            tables,
            ledger: ledger(state),
        }
    }

    /// Writes the first row. `None`: there is no audit, or none for this, or it failed and may; `warn` is told then.
    ///
    /// # Errors
    /// With [`OnAuditFailure::FailClosed`]: the work must not begin.
    pub(crate) async fn begin(
        &self,
        deed: Deed,
        on_failure: OnAuditFailure,
        warn: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Option<Open>> {
        if !self.tables.settings.is_on() || on_failure == OnAuditFailure::Off {
            return Ok(None);
        }
        match self.open(deed).await {
            Ok(open) => Ok(Some(open)),
            Err(error) if on_failure == OnAuditFailure::FailOpen => {
                warn(format!("this is not in the audit trail: {error}"));
                Ok(None)
            }
            Err(error) => Err(error
                .hint("nothing was begun: by `[audit]` of this host's settings, what cannot be audited is not done")),
        }
    }

    async fn open(&self, deed: Deed) -> Result<Open> {
        let entry = Entry {
            deed,
            settings: self.tables.settings.clone(),
            ended: None,
        };
        let held = Held::begin(&self.ledger, &entry).map_err(|error| {
            Error::system(format!("cannot keep a note in `{}`", self.ledger.display()))
                .caused_by(error)
                .hint("the operator checks that directory's permissions, and whether the disk is full")
        })?;
        match put(&self.tables, &entry.deed, Status::InProgress, "").await {
            Ok(()) => Ok(Open { entry, held }),
            Err(error) => Err(match held.remove() {
                Ok(()) => error,
                Err(other) => error.caused_by(other),
            }),
        }
    }

    /// Writes the last row.
    ///
    /// # Errors
    /// It cannot be written now: it is kept on this host, and [`Unsettled`] writes it.
    pub(crate) async fn end(&self, open: Open, status: Status, message: &str) -> Result<()> {
        let Open {
            mut entry,
            mut held,
        } = open;
        entry.ended = Some((status, message.to_owned()));
        let noted = held.write(&entry);
        put(&self.tables, &entry.deed, status, message)
            .await
            .map_err(|error| {
                let error = match &noted {
                    Ok(()) => error.hint("the row is kept on this host; the next cleanup of a job, or `baws-ci executor sweep`, writes it"),
                    Err(_) => error,
                };
                error.hint(format!("what was done stands: {message}"))
            })?;
        held.remove().map_err(|error| {
            Error::system("cannot remove the note of a row that is written").caused_by(error)
        })
    }
}

fn ledger(state: &Path) -> PathBuf {
    state.join("audit")
}

/// Work that did not tell its end itself. Nobody else takes it up as long as the value lives.
pub(crate) struct Unsettled(Vec<Note>);

impl Unsettled {
    /// `None`: there is none. `state`: as in [`Trail::of`].
    pub(crate) fn of(state: &Path) -> Option<Self> {
        let notes = abandoned(&ledger(state));
        (!notes.is_empty()).then_some(Unsettled(notes))
    }

    /// Writes the last rows. What cannot be told now is tried again the next time; each failure is one error.
    pub(crate) async fn settle(self, aws: &AwsSettings) -> Vec<Error> {
        let begun = std::time::Instant::now();
        let mut failed = Vec::new();
        for note in self.0 {
            if begun.elapsed() > LONGEST_SETTLING {
                failed.push(
                    Error::system("there are more notes of audited work than there is time for")
                        .hint("`baws-ci executor sweep` goes on with them"),
                );
                break;
            }
            let told = match note {
                Ok((held, entry)) => settled(held, &entry, aws).await,
                Err((path, error)) => {
                    let what = format!("cannot read `{}`, a note of audited work", path.display());
                    let hint = "the operator looks into it, and removes it";
                    Err(Error::system(what).caused_by(error).hint(hint))
                }
            };
            failed.extend(told.err());
        }
        failed
    }
}

async fn settled(held: Held, entry: &Entry, aws: &AwsSettings) -> Result<()> {
    let never_told = (Status::Failed, NEVER_TOLD.to_owned());
    let (status, message) = entry.ended.clone().unwrap_or(never_told);
    let at = held.path().display().to_string();
    let tables = Tables::of(&entry.settings, aws, SESSION.to_owned());
    let put = put(&tables, &entry.deed, status, &message).await;
    put.map_err(|error| {
        error.hint(format!(
            "it is noted in `{at}`, and tried again by the next cleanup or `baws-ci executor sweep`"
        ))
    })?;
    held.remove()
        .map_err(|error| Error::system(format!("cannot remove `{at}`")).caused_by(error))
}

async fn put(tables: &Tables<'_>, deed: &Deed, status: Status, message: &str) -> Result<()> {
    let region = tables.settings.region.as_deref().unwrap_or(&deed.region);
    let table = tables.table(region).await?;
    let mut at_ms = now_ms();
    for _ in 0..MOST_TAKEN {
        let row = deed.row(tables.settings, at_ms, status, message);
        match persistently(async || table.aws.put_new(&table.name, ID, &row).await).await? {
            Put::Written => return Ok(()),
            Put::Taken if table.holds(&row).await? => return Ok(()),
            Put::Taken => at_ms += 1,
        }
    }
    Err(Error::system(format!(
        "the audit table `{}` has rows of every moment",
        table.name
    )))
}

impl Table {
    /// Whether the row of that key is this one: written by a call whose answer was lost.
    async fn holds(&self, row: &Texts) -> Result<bool> {
        let mut next = None;
        loop {
            let wanted = Rows::Of {
                key: ID,
                value: &row[ID],
            };
            let page = self.aws.rows(&self.name, wanted, next).await?;
            if page.rows.contains(row) {
                return Ok(true);
            }
            next = page.next;
            if next.is_none() {
                return Ok(false);
            }
        }
    }
}

pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
