//! Services on this machine's engine: made where they are not there, told where they are reached, tidied and taken away.

use super::Worker;
use crate::deploy::{
    DeployRequest, Deployed, Done, Local, Outcome, Pace, SoFar, Strategy, Target, Tell, Verb,
};
use crate::error::Result;

/// An engine on this machine is looked at more often than a service that an account shares.
pub(super) fn pace(pace: Pace) -> Pace {
    const TIMES: u32 = 8;
    Pace {
        poll: pace.poll / TIMES,
    }
}

/// Before the work: a first deployment makes the service.
///
/// # Errors
/// The image is not on the engine, or is another project's; the engine does not answer.
pub(super) async fn prepare(place: &Local<'_>, verb: &Verb, worker: &Worker<'_>) -> Result<()> {
    let Some(image) = verb.image() else {
        return Ok(());
    };
    worker.may_run_here(image, &place.names_of(image).await?)?;
    match verb {
        Verb::Deploy(request) => place.prepare(image, request.port).await,
        Verb::RunTask(_)
        | Verb::Restart(_)
        | Verb::Start { .. }
        | Verb::Stop(_)
        | Verb::Rollback { .. }
        | Verb::Status { .. }
        | Verb::Remove => Ok(()),
    }
}

pub(super) async fn work(
    place: &Local<'_>,
    target: &Target,
    verb: &Verb,
    pace: Pace,
    so_far: &SoFar,
    tell: Tell<'_>,
) -> Done {
    let done = match verb {
        Verb::Remove => Done::Deployed(Box::new(remove(place, target).await)),
        // A tag on an engine means what was built last; only a digest says which image is meant.
        Verb::Deploy(request) if request.image.is_some() => {
            let pinned = Verb::Deploy(Box::new(DeployRequest {
                strategy: Strategy::Pin,
                ..(**request).clone()
            }));
            crate::deploy::work(place, target, &pinned, pace, so_far, tell).await
        }
        Verb::Deploy(_)
        | Verb::Restart(_)
        | Verb::Start { .. }
        | Verb::Stop(_)
        | Verb::Rollback { .. }
        | Verb::Status { .. }
        | Verb::RunTask(_) => crate::deploy::work(place, target, verb, pace, so_far, tell).await,
    };
    let url = place.url().await;
    match done {
        Done::Deployed(mut deployed) => {
            deployed.url = url;
            if let Err(error) = place.tidy().await {
                deployed.notes.push(format!("not tidied: {error}"));
            }
            Done::Deployed(deployed)
        }
        Done::Status(mut status) => {
            status.url = url;
            Done::Status(status)
        }
    }
}

async fn remove(place: &Local<'_>, target: &Target) -> Deployed {
    let mut deployed = Deployed::of("stop", target);
    match place.remove().await {
        Ok(()) => deployed.end(Outcome::Ok),
        Err(error) => {
            deployed.end(Outcome::of(error.class()));
            deployed.reason = Some(error.to_string());
        }
    }
    deployed
}
