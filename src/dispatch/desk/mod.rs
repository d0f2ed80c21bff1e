//! Where a job's requests are worked on: with the host's engine and rights, within the job's grant.
//!
//! Everything starts when the first request comes; a job that asks for nothing pays for nothing. Refuses to print: the
//! job hears over its line. Read next: `images`, `services`.

mod images;
mod services;

use std::path::PathBuf;

use crate::broker::{Desk, Line, Reply};
use crate::error::{Error, Result};
use crate::executor::{Standing, Visitor};
use crate::job::{Credential, Facts};
use crate::settings::Settings;

use super::envelope::{Envelope, Room};

pub(super) struct JobDesk {
    settings: Settings,
    facts: Result<Facts>,
    credentials: Vec<Credential>,
    /// Whose machine and rights these are.
    standing: Standing,
    state: PathBuf,
}

impl JobDesk {
    pub(super) fn of(visitor: Visitor, settings: &Settings) -> Self {
        JobDesk {
            settings: settings.clone(),
            facts: visitor.facts,
            credentials: visitor.credentials,
            standing: visitor.standing,
            state: visitor.state,
        }
    }

    fn work(&self, bytes: &[u8], line: &mut Line) -> Result<serde_json::Value> {
        let mut envelope = Envelope::open(bytes)?;
        let facts = self.facts.as_ref().map_err(Error::again)?;
        match envelope.room {
            Room::Image => {
                let logins = std::mem::take(&mut envelope.logins);
                self.make_image(&envelope.request()?, logins, facts, line)
            }
            Room::Services => self.serve_services(&envelope.request()?, facts, line),
        }
    }
}

impl Desk for JobDesk {
    fn serve(&self, request: &[u8], line: &mut Line) -> Reply {
        Reply::of(self.work(request, line))
    }
}

fn locked<'a, 'b>(
    line: &'a std::sync::Mutex<&'b mut Line>,
) -> std::sync::MutexGuard<'a, &'b mut Line> {
    line.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
