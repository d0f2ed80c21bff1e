//! Where a job's requests are worked on: with the host's engine and rights, within the job's grant.
//!
//! Everything starts when the first request comes; a job that asks for nothing pays for nothing. Refuses to print: the
//! job hears over its line. Read next: `images`, `services`, `auth`.

mod auth;
mod images;
mod services;

use std::path::PathBuf;

use crate::broker::{Desk, Line, Reply};
use crate::error::{Error, Result};
use crate::executor::{Standing, Visitor};
use crate::job::{Credential, Facts, Secret};
use crate::settings::Settings;
use crate::telemetry::{Diary, End, Span, Work};

use super::envelope::{Envelope, Room};
use super::roles::JobRoles;

pub(super) struct JobDesk {
    settings: Settings,
    facts: Result<Facts>,
    credentials: Vec<Credential>,
    /// The ID token that the job brought.
    id_token: Option<Secret>,
    /// Whose machine and rights these are.
    standing: Standing,
    state: PathBuf,
    diary: Diary,
}

impl JobDesk {
    pub(super) fn of(visitor: Visitor, settings: &Settings) -> Self {
        JobDesk {
            settings: settings.clone(),
            facts: visitor.facts,
            credentials: visitor.credentials,
            id_token: visitor.id_token,
            standing: visitor.standing,
            state: visitor.state,
            diary: visitor.diary,
        }
    }

    fn roles(&self, facts: &Facts) -> JobRoles {
        JobRoles::of(&self.settings, facts, self.id_token.clone())
    }

    fn work(&self, bytes: &[u8], line: &mut Line) -> Result<serde_json::Value> {
        let mut envelope = Envelope::open(bytes)?;
        let facts = self.facts.as_ref().map_err(Error::again)?;
        match envelope.room {
            Room::Image => {
                let logins = std::mem::take(&mut envelope.logins);
                let request: crate::image::Request = envelope.request()?;
                self.noted(request.name(), || {
                    self.make_image(&request, logins, facts, line)
                })
            }
            Room::Services => {
                let request: crate::deploy::Request = envelope.request()?;
                let span = self.begin(request.verb.name());
                let done = self.serve_services(&request, facts, line);
                span.end(services::end(&done));
                serde_json::to_value(done?)
                    .map_err(|error| Error::system("cannot write the answer").caused_by(error))
            }
            Room::Auth => {
                let request = envelope.request()?;
                self.noted("auth", || self.tell_roles(&request, facts))
            }
        }
    }

    fn begin(&self, verb: &str) -> Span<'_> {
        self.diary.span(Work::Request(verb.to_owned()))
    }

    fn noted<T>(&self, verb: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let span = self.begin(verb);
        let done = work();
        span.end(End::of(&done));
        done
    }
}

impl Desk for JobDesk {
    fn serve(&self, request: &[u8], line: &mut Line) -> Reply {
        Reply::of(self.work(request, line))
    }
}

fn locked<T>(held: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
