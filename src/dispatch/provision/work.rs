//! An execution is started, followed and, where somebody interrupts, left or stopped; the audit trail hears of it.

use std::time::Duration;

use futures_util::future::{Either, select};
use serde_json::Value;

use super::answer::Answer;
use crate::audit::{self, Action, Open, Status, Tables, Trail};
use crate::aws::{Aws, Execution, SESSION};
use crate::dispatch::audited::told;
use crate::error::{Class, Error, Result, Signal};
use crate::interrupt::interrupted;
use crate::output::Output;
use crate::provision::{self, Followed, Following, Known, Pace, Sent, Until, persistently};
use crate::settings::Settings;

/// What an interruption means for the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnInterrupt {
    Leave,
    Stop,
}

/// Whether this command started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Started {
    Yes,
    No,
}

/// How an execution is watched.
pub(super) struct Watched<'a> {
    pub(super) aws: &'a Aws,
    pub(super) pace: Pace,
    pub(super) timeout: Duration,
    pub(super) until: Until,
    pub(super) on_interrupt: OnInterrupt,
    pub(super) user: &'a str,
}

/// Follows one that is there.
pub(super) async fn watch(
    watched: &Watched<'_>,
    execution: &str,
    answer: &Answer<'_>,
) -> Result<Followed> {
    let tell = answer.teller();
    uninterrupted(
        watched,
        execution,
        answer,
        followed(watched, execution, Known::ByName, &tell),
    )
    .await
}

/// Starts one, and follows it.
pub(super) async fn started(
    watched: &Watched<'_>,
    machine: &str,
    name: &str,
    sent: &Sent,
    answer: &Answer<'_>,
) -> Result<Followed> {
    let tell = answer.teller();
    let execution = provision::execution_arn(machine, name);
    let work = async {
        let (aws, pace) = (watched.aws, watched.pace);
        let begun = provision::begin(aws, machine, name, sent, pace, &tell).await?;
        tell(match begun.started {
            true => format!("Started `{name}`: {}", begun.execution),
            false => format!(
                "`{name}` was started by somebody else just now: {}",
                begun.execution
            ),
        });
        followed(watched, &begun.execution, Known::JustStarted, &tell).await
    };
    uninterrupted(watched, &execution, answer, work).await
}

async fn followed(
    watched: &Watched<'_>,
    execution: &str,
    known: Known,
    tell: &(dyn Fn(String) + Sync),
) -> Result<Followed> {
    provision::follow(Following {
        aws: watched.aws,
        execution,
        known,
        until: watched.until,
        pace: watched.pace,
        timeout: watched.timeout,
        tell,
    })
    .await
}

/// The work, unless somebody ends it.
async fn uninterrupted(
    watched: &Watched<'_>,
    execution: &str,
    answer: &Answer<'_>,
    work: impl Future<Output = Result<Followed>>,
) -> Result<Followed> {
    let ended = interrupted()
        .map_err(|error| Error::system("cannot listen for signals").caused_by(error))?;
    let signal = {
        let (work, ended) = (std::pin::pin!(work), std::pin::pin!(ended));
        match select(work, ended).await {
            Either::Left((done, _)) => return done,
            Either::Right((signal, _)) => signal,
        }
    };
    let cancelled = |text: &str| Error::new(Class::Cancelled(signal), text);
    match watched.on_interrupt {
        OnInterrupt::Leave => Err(cancelled("no longer followed; what was started goes on")
            .hint(format!("`baws-ci provision follow {execution}` goes on with it, and `provision stop` ends it"))),
        OnInterrupt::Stop => {
            let word = match signal {
                Signal::Interrupt => "an interrupt",
                Signal::Terminate => "a termination",
            };
            let cause = format!("{word} of baws-ci, called by {}", watched.user);
            let tell = answer.teller();
            let stop = async || watched.aws.stop_execution(execution, "Cancelled", &cause).await;
            match persistently(watched.aws, watched.pace, &tell, stop).await {
                Ok(true) => Err(cancelled("cancelled: the execution was stopped")
                    .hint("what CloudFormation is doing goes on; a build of CodeBuild is stopped with its state")),
                Ok(false) => Err(cancelled("cancelled: nothing was started")),
                Err(error) => Err(cancelled("cancelled, and the execution could not be stopped")
                    .caused_by(error)
                    .hint(format!("`baws-ci provision stop {execution} --reason …` tries again"))),
            }
        }
    }
}

/// Which application an execution is of.
pub(super) fn application(execution: &Execution) -> Option<String> {
    let input: Value = serde_json::from_str(execution.input.as_deref()?).ok()?;
    input["parameters"]["APP_SHORT_NAME"]
        .as_str()
        .map(str::to_owned)
}

/// What the audit trail is told.
pub(super) struct Deed<'a> {
    pub(super) action: Action,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) component: String,
    /// The state machine.
    pub(super) subject: String,
    pub(super) role: String,
    pub(super) user: &'a str,
    pub(super) request: String,
}

/// The rows of one command.
pub(super) struct Record<'a> {
    trail: Trail<'a>,
    open: Option<Open>,
    output: Output,
}

impl<'a> Record<'a> {
    /// # Errors
    /// The first row cannot be written, and nothing is to be done without.
    pub(super) async fn begin(
        deed: Deed<'_>,
        settings: &'a Settings,
        output: &Output,
    ) -> Result<Self> {
        let tables = Tables::of(&settings.audit, &settings.aws, SESSION.to_owned());
        let state = crate::dispatch::image::callers_state()?;
        let trail = Trail::of(tables, &state);
        let output = *output;
        let warn = move |text: String| output.warning(text);
        let row = audit::Deed {
            action: deed.action,
            account: deed.account.to_owned(),
            region: deed.region.to_owned(),
            user: deed.user.to_owned(),
            origin: "baws-ci".to_owned(),
            component: deed.component,
            subject: deed.subject,
            role: deed.role,
            request: deed.request,
        };
        let open = trail.begin(row, settings.audit.deploy, &warn).await?;
        Ok(Record {
            trail,
            open,
            output,
        })
    }

    /// Writes the last row; where it cannot be, a warning says so.
    pub(super) async fn end(self, status: Status, message: &str) {
        let Some(open) = self.open else { return };
        if let Err(error) = self.trail.end(open, status, message).await {
            self.output.warning(told(&error));
        }
    }
}
