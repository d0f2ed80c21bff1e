//! When which row is written, and what happens where one cannot be.
//!
//! A row is never written over: each has a moment of its own in its key, and is put on condition that the key is free. An
//! answer that was lost is told from a key that somebody else has by reading the row.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex;

use super::ledger::{Entry, Held, abandoned};
use super::row::{Deed, ID, Status};
use crate::aws::{AssumeRole, Aws, Failure, Put, Rows, Texts};
use crate::error::{Cause, Error, Result};
use crate::settings::{AuditSettings, AwsSettings, OnAuditFailure};

/// Between tries of a call that may succeed later.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(1)];
/// Rows of one key in one millisecond: one of them waits for its own.
const MOST_TAKEN: u64 = 20;

/// People wait for a cleanup.
const LONGEST_SETTLING: Duration = Duration::from_secs(30);

const NEVER_TOLD: &str =
    "the work was ended before it could tell how: its process was killed, or its host stopped";

/// Where rows go.
pub(crate) struct Trail<'a> {
    settings: &'a AuditSettings,
    aws: &'a AwsSettings,
    ledger: PathBuf,
    /// Names this program's sessions in CloudTrail.
    session: String,
    /// By region: the connection, and the table's name.
    tables: Mutex<Vec<(String, std::sync::Arc<Table>)>>,
}

pub(super) struct Table {
    pub(super) aws: Aws,
    pub(super) name: String,
}

/// Work whose first row is written. Without [`Trail::end`] it counts as never told, and [`settle`] tells it so.
pub(crate) struct Open {
    deed: Deed,
    held: Held,
}

impl<'a> Trail<'a> {
    /// `state`: the directory for what is under way. Asks nothing of anybody.
    pub(crate) fn of(
        settings: &'a AuditSettings,
        aws: &'a AwsSettings,
        state: &Path,
        session: &str,
    ) -> Self {
        Trail {
            settings,
            aws,
            ledger: state.join("audit"),
            session: session.to_owned(),
            tables: Mutex::new(Vec::new()),
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
        if !self.settings.is_on() || on_failure == OnAuditFailure::Off {
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
            settings: self.settings.clone(),
            ended: None,
        };
        let held = Held::begin(&self.ledger, &entry).map_err(|error| {
            Error::system(format!("cannot keep a note in `{}`", self.ledger.display()))
                .caused_by(error)
                .hint("the operator checks that directory's permissions, and whether the disk is full")
        })?;
        let deed = entry.deed;
        match self.put(&deed, Status::InProgress, "").await {
            Ok(()) => Ok(Open { deed, held }),
            Err(error) => Err(match held.remove() {
                Ok(()) => error,
                Err(other) => error.caused_by(other),
            }),
        }
    }

    /// Writes the last row.
    ///
    /// # Errors
    /// It cannot be written now: it is kept on this host, and [`settle`] writes it.
    pub(crate) async fn end(&self, open: Open, status: Status, message: &str) -> Result<()> {
        let Open { deed, mut held } = open;
        let entry = Entry {
            deed,
            settings: self.settings.clone(),
            ended: Some((status, message.to_owned())),
        };
        let noted = held.write(&entry);
        self.put(&entry.deed, status, message)
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

    async fn put(&self, deed: &Deed, status: Status, message: &str) -> Result<()> {
        let table = self.table(&deed.region).await?;
        let mut at_ms = now_ms();
        for _ in 0..MOST_TAKEN {
            let row = deed.row(self.settings, at_ms, status, message);
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

    /// Connected to once for each region.
    pub(super) async fn table(&self, region: &str) -> Result<std::sync::Arc<Table>> {
        let region = self.settings.region.as_deref().unwrap_or(region);
        let mut known = self.tables.lock().await;
        if let Some((_, table)) = known.iter().find(|(one, _)| one == region) {
            return Ok(std::sync::Arc::clone(table));
        }
        let role = self.settings.role_arn.clone().map(|role_arn| AssumeRole {
            role_arn,
            external_id: self.settings.external_id.clone(),
            session_name: self.session.clone(),
            policy: None,
        });
        let aws = Aws::connect(self.aws, role.as_ref(), region).await;
        let name = match (&self.settings.table, &self.settings.table_parameter) {
            (Some(name), _) => name.clone(),
            (None, Some(parameter)) => named_by(&aws, parameter, region).await?,
            (None, None) => return Err(no_table()),
        };
        let table = std::sync::Arc::new(Table { aws, name });
        known.push((region.to_owned(), std::sync::Arc::clone(&table)));
        Ok(table)
    }
}

/// Tells the ends of work that did not tell them itself, noted in `state`. What cannot be told now is tried again the next
/// time; each failure is one error.
pub(crate) async fn settle(state: &Path, aws: &AwsSettings) -> Vec<Error> {
    let begun = std::time::Instant::now();
    let mut failed = Vec::new();
    for found in abandoned(&state.join("audit")) {
        if begun.elapsed() > LONGEST_SETTLING {
            failed.push(
                Error::system("there are more notes of audited work than there is time for")
                    .hint("`baws-ci executor sweep` goes on with them"),
            );
            break;
        }
        let told = match found {
            Ok((held, entry)) => settled(held, &entry, state, aws).await,
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

async fn settled(held: Held, entry: &Entry, state: &Path, aws: &AwsSettings) -> Result<()> {
    let never_told = (Status::Failed, NEVER_TOLD.to_owned());
    let (status, message) = entry.ended.clone().unwrap_or(never_told);
    let at = held.path().display().to_string();
    let trail = Trail::of(&entry.settings, aws, state, "baws-ci");
    let put = trail.put(&entry.deed, status, &message).await;
    put.map_err(|error| {
        error.hint(format!(
            "it is noted in `{at}`, and tried again by the next cleanup or `baws-ci executor sweep`"
        ))
    })?;
    held.remove()
        .map_err(|error| Error::system(format!("cannot remove `{at}`")).caused_by(error))
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

async fn named_by(aws: &Aws, parameter: &str, region: &str) -> Result<String> {
    let found = persistently(async || aws.parameter(parameter).await).await?;
    let name = found.filter(|name| !name.trim().is_empty());
    name.ok_or_else(|| {
        Error::precondition(format!(
            "the parameter `{parameter}` in `{region}` does not name the audit table"
        ))
        .caused_by(Cause::line("it is not there, or empty"))
        .hint("the operator checks `table_parameter` and `region` in `[audit]`, or names the table by `table`")
    })
}

pub(super) fn no_table() -> Error {
    Error::precondition("this host has no audit table").hint(
        "the operator names it by `table` or `table_parameter` in `[audit]` of the settings, such as `table_parameter = \"/baws/Audit\"`",
    )
}

/// Calls again what may succeed a little later.
async fn persistently<T>(call: impl AsyncFn() -> Result<T, Failure>) -> Result<T> {
    let mut pauses = PAUSES.into_iter();
    loop {
        match call().await {
            Ok(done) => return Ok(done),
            Err(failure) => match pauses.next().filter(|_| failure.is_transient()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(failure.into()),
            },
        }
    }
}

pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
