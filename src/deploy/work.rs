//! One verb on one service, from its first read to its end.
//!
//! Here stands what all verbs share: how often is looked, what is told, what is written down, and how trouble becomes an
//! end. Read next: `rollout` (deploy, restart, rollback), `scale` (start, stop), `look` (status), `run_task`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::end::Outcome;
use super::event::{Event, EventKind, Tell};
use super::place::{Place, Trouble, TroubleKind};
use super::request::{Target, Verb};
use super::result::{Deployed, Moment, Phase};
use super::status::Status;
use super::{look, rollout, run_task, scale};
use crate::error::Error;
use crate::rollout::clean;

/// Longer words of others are cut.
pub(super) const LONGEST_TEXT: usize = 500;

/// What comes of a verb.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    Deployed(Box<Deployed>),
    Status(Box<Status>),
}

/// How often is looked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Between two looks at a service that moves; everything else that takes patience is counted in these.
    pub(crate) poll: Duration,
}

/// What is known of work that goes on, for whoever may have to end it from outside.
#[derive(Debug)]
pub(crate) struct SoFar(Mutex<Deployed>);

impl SoFar {
    pub(crate) fn of(verb: &Verb, target: &Target) -> Self {
        SoFar(Mutex::new(Deployed::of(verb.name(), target)))
    }

    pub(super) fn write<T>(&self, change: impl FnOnce(&mut Deployed) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The result where the work was given up in the middle: what was started goes on without us, and the result says so.
    pub(crate) fn cancelled(&self) -> Deployed {
        self.write(|known| {
            known.end(Outcome::Cancelled);
            let what = match (&known.deployment_id, known.container_exit_code) {
                (Some(id), _) if known.verb == "run-task" => {
                    format!("the task {id} goes on without this command")
                }
                (Some(id), _) => format!("the deployment {id} goes on without this command"),
                (None, _) => {
                    "nothing was started yet, or its start was not answered yet".to_owned()
                }
            };
            known.reason = Some(format!("cancelled: {what}"));
            known.hints = vec![format!("`baws-ci status {}` tells what runs", known.target)];
            known.clone()
        })
    }
}

/// Does the verb, and comes back with how it ended; every failure is an end too.
pub(crate) async fn work<P: Place>(
    place: &P,
    target: &Target,
    verb: &Verb,
    pace: Pace,
    so_far: &SoFar,
    tell: Tell<'_>,
) -> Done {
    let work = Work {
        place,
        target,
        pace,
        so_far,
        tell,
        begun: place.now(),
    };
    let ended = match verb {
        Verb::Deploy(request) => rollout::deploy(&work, request).await,
        Verb::Restart(request) => rollout::restart(&work, request).await,
        Verb::Rollback { to, request } => rollout::rollback(&work, *to, request).await,
        Verb::Start { count, request } => scale::scale(&work, *count, request).await,
        Verb::Stop(request) => scale::scale(&work, 0, request).await,
        Verb::RunTask(request) => run_task::run_task(&work, request).await,
        Verb::Status { watch } => match look::status(&work, *watch).await {
            Ok(status) => return Done::Status(Box::new(status)),
            Err(ended) => Err(ended),
        },
        Verb::Remove => Err(Ended::of(
            Outcome::Usage,
            "only a service on this machine's engine can be removed",
        )),
    };
    let ended = ended.unwrap_or_else(|ended| ended);
    Done::Deployed(Box::new(work.finish(ended)))
}

/// How work ended, and why, for people.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) reason: String,
    pub(super) hints: Vec<String>,
}

impl Ended {
    pub(super) fn of(outcome: Outcome, reason: impl Into<String>) -> Self {
        Ended {
            outcome,
            reason: reason.into(),
            hints: Vec::new(),
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended {
            outcome: Outcome::of(error.class()),
            reason: clean(&error.to_string(), LONGEST_TEXT * 2),
            hints: error.hints().to_vec(),
        }
    }
}

impl From<Trouble> for Ended {
    fn from(trouble: Trouble) -> Self {
        let outcome = match trouble.kind {
            TroubleKind::Denied => Outcome::Denied,
            TroubleKind::Throttled
            | TroubleKind::NotSent
            | TroubleKind::Unknown
            | TroubleKind::Unavailable => Outcome::Unavailable,
            TroubleKind::NotFound | TroubleKind::Unsupported | TroubleKind::Invalid => {
                Outcome::Precondition
            }
            TroubleKind::Other => Outcome::Internal,
        };
        Ended {
            outcome,
            ..Ended::from(trouble.error)
        }
    }
}

/// The work on one service.
pub(super) struct Work<'a, P> {
    pub(super) place: &'a P,
    pub(super) target: &'a Target,
    pub(super) pace: Pace,
    pub(super) so_far: &'a SoFar,
    tell: Tell<'a>,
    begun: Duration,
}

impl<P: Place> Work<'_, P> {
    /// Since the work began.
    pub(super) fn elapsed(&self) -> Duration {
        self.place.now().saturating_sub(self.begun)
    }

    pub(super) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Until the next look.
    pub(super) async fn pause(&self) {
        self.place.wait(self.pace.poll).await;
    }

    pub(super) fn status(&self, text: impl Into<String>) {
        self.say(EventKind::Status, text.into());
    }

    /// Told, and kept in the result.
    pub(super) fn note(&self, text: impl Into<String>) {
        let text = clean(&text.into(), LONGEST_TEXT);
        let new = self.so_far.write(|known| {
            let new = !known.notes.contains(&text);
            if new {
                known.notes.push(text.clone());
            }
            new
        });
        if new {
            self.say(EventKind::Warning, text);
        }
    }

    pub(super) fn say(&self, kind: EventKind, text: String) {
        (self.tell)(Event {
            service: self.target.to_string(),
            kind,
            after_ms: self.elapsed_ms(),
            text: clean(&text, LONGEST_TEXT),
        });
    }

    /// Where one phase ends and the next begins.
    pub(super) fn phase(&self, name: &str) {
        let now = self.elapsed_ms();
        self.so_far.write(|known| {
            if let Some(last) = known.phases.last_mut() {
                if last.name == name {
                    return;
                }
                last.took_ms = now.saturating_sub(last.began_ms);
            }
            known.phases.push(Phase {
                name: name.to_owned(),
                began_ms: now,
                took_ms: 0,
            });
        });
    }

    /// Records what stands, where that is new.
    pub(super) fn moment(&self, mut moment: Moment) {
        moment.after_ms = self.elapsed_ms();
        self.so_far.write(|known| {
            let same = known.timeline.last().is_some_and(|last| {
                Moment {
                    after_ms: moment.after_ms,
                    ..last.clone()
                } == moment
            });
            if !same {
                known.timeline.push(moment);
            }
        });
    }

    fn finish(&self, ended: Ended) -> Deployed {
        let now = self.elapsed_ms();
        self.so_far.write(|known| {
            known.end(ended.outcome);
            if let Some(last) = known.phases.last_mut() {
                last.took_ms = now.saturating_sub(last.began_ms);
            }
            known.took_ms = now;
            known.calls = self.place.calls();
            if !ended.reason.is_empty() {
                known.reason = Some(ended.reason);
            }
            known.hints.extend(ended.hints);
            known.clone()
        })
    }
}
