//! The work on one or many services at once: for a job, on the host's side of its socket, or for a caller outside one.
//!
//! Decides first, for all of them, who may (`rights`); only then is anything asked of AWS. Read next: `rights`, `places`,
//! `local`.

mod local;
mod places;
mod records;
mod rights;
mod roles;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, join_all, select};

use crate::deploy::{Done, Pace, Request, SoFar, Target, Tell, work};
use crate::dispatch::audited::Asker;
use crate::docker::Engine;
use crate::error::{Class, Error, Result, Signal};
use crate::interrupt::interrupted;
use crate::settings::Settings;

use places::{Places, Spot};
use records::Records;
use rights::Assignment;
pub(in crate::dispatch) use rights::Worker;

/// More services at once are several commands.
const MOST_SERVICES: usize = 200;

pub(in crate::dispatch) struct Crew<'a> {
    pub(in crate::dispatch) settings: &'a Settings,
    pub(in crate::dispatch) worker: Worker<'a>,
    /// Where this host, or this caller, keeps what lasts longer than one command.
    pub(in crate::dispatch) state: PathBuf,
}

/// Outside a job: the caller's credentials, this machine's engine.
pub(super) fn here(request: &Request, config: Option<&Path>, tell: Tell<'_>) -> Result<Vec<Done>> {
    let settings = Settings::load(config)?;
    let crew = Crew {
        settings: &settings,
        worker: Worker::Caller,
        state: crate::dispatch::image::callers_state()?,
    };
    let ended = async {
        let ended = interrupted()
            .map_err(|error| Error::system("cannot listen for signals").caused_by(error))?;
        Ok(ended.await)
    };
    crew.block_on(request, ended, tell)
}

impl Crew<'_> {
    /// Does the work on all services, until `ended` ends it early.
    ///
    /// # Errors
    /// Nothing was touched: `Refused` by a grant, `Usage`, credentials. Everything later is an end of a service.
    pub(in crate::dispatch) fn block_on(
        &self,
        request: &Request,
        ended: impl Future<Output = Result<Signal>>,
        tell: Tell<'_>,
    ) -> Result<Vec<Done>> {
        if request.targets.is_empty() || request.targets.len() > MOST_SERVICES {
            return Err(Error::usage(format!(
                "{} services are named; from 1 to {MOST_SERVICES} can be",
                request.targets.len()
            )));
        }
        let mut assignments = self.worker.assignments(request)?;
        let local = request
            .targets
            .iter()
            .any(|one| matches!(one, Target::Local { .. }));
        let engine = local
            .then(|| Engine::connect(&self.settings.docker, None))
            .transpose()?;
        crate::dispatch::runtime()?.block_on(async {
            self.with_roles(request, &mut assignments).await?;
            self.all(request, engine.as_ref(), &assignments, ended, tell)
                .await
        })
    }

    async fn all(
        &self,
        request: &Request,
        engine: Option<&Engine>,
        assignments: &[Assignment],
        ended: impl Future<Output = Result<Signal>>,
        tell: Tell<'_>,
    ) -> Result<Vec<Done>> {
        let pace = Pace {
            poll: Duration::from_millis(self.settings.deploy.poll_ms.max(1)),
        };
        let places = Places::of(self, request, assignments, pace).await;
        let spots = places.spots(engine, request, assignments, pace);
        for spot in &spots {
            if let Spot::Local(place) = spot {
                local::prepare(place, &request.verb, &self.worker).await?;
            }
        }
        let records = Records::begin(self, request, assignments, tell).await?;
        let so_far: Vec<SoFar> = request
            .targets
            .iter()
            .map(|target| SoFar::of(&request.verb, target))
            .collect();
        let finished: Vec<Mutex<Option<Done>>> =
            request.targets.iter().map(|_| Mutex::new(None)).collect();
        let each = request.targets.iter().enumerate().map(|(index, target)| {
            let (spot, so_far, finished) = (&spots[index], &so_far[index], &finished[index]);
            async move {
                let done = match spot {
                    Spot::Ecs(place) => {
                        work(place, target, &request.verb, pace, so_far, tell).await
                    }
                    Spot::Local(place) => {
                        local::work(
                            place,
                            target,
                            &request.verb,
                            local::pace(pace),
                            so_far,
                            tell,
                        )
                        .await
                    }
                };
                *locked(finished) = Some(done);
            }
        });
        let ended = {
            let all = std::pin::pin!(join_all(each));
            let ended = std::pin::pin!(ended);
            match select(all, ended).await {
                Either::Left(_) => Ok(None),
                Either::Right((signal, _)) => signal.map(Some),
            }
        };
        let signal = ended.as_ref().ok().copied().flatten();
        let done = so_far.iter().zip(&finished).map(|(so_far, finished)| {
            locked(finished)
                .take()
                .unwrap_or_else(|| cancelled(so_far, signal))
        });
        let mut done: Vec<Done> = done.collect();
        records.end(request, &mut done, tell).await;
        ended.map(|_| done)
    }
}

impl Crew<'_> {
    /// Who began the job, where a verified ID token says so.
    async fn login(&self) -> Option<&str> {
        match &self.worker {
            Worker::Caller => None,
            Worker::Job { roles, .. } => roles.login().await,
        }
    }

    fn asker<'b>(&'b self, login: Option<&'b str>) -> Asker<'b> {
        match &self.worker {
            Worker::Caller => Asker::Caller,
            Worker::Job { facts, .. } => Asker::Job { facts, login },
        }
    }
}

fn cancelled(so_far: &SoFar, signal: Option<Signal>) -> Done {
    let mut deployed = so_far.cancelled();
    if let Some(signal) = signal {
        deployed.exit_code = Class::Cancelled(signal).code();
    }
    Done::Deployed(Box::new(deployed))
}

fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
