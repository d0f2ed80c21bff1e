//! `start` and `stop`: the desired count, and nothing else; waited for until so many tasks run.

use std::time::Duration;

use super::end::Outcome;
use super::evidence;
use super::place::{Place, TroubleKind, Update};
use super::preflight;
use super::request::{ServiceRequest, Until};
use super::result::Moment;
use super::work::{Ended, Work};
use crate::rollout::{Scheduling, Service};

/// Failing tasks that end the wait for a start.
const MOST_FAILED: usize = 3;

/// Sets the desired count to `count`, and waits until so many run.
pub(super) async fn scale<P: Place>(
    work: &Work<'_, P>,
    count: u32,
    request: &ServiceRequest,
) -> Result<Ended, Ended> {
    work.phase("preflight");
    let before = preflight::service(work).await?;
    if before.service.scheduling == Scheduling::Daemon {
        return Err(Ended::of(
            Outcome::Precondition,
            format!(
                "{} runs one task on every instance: its count is not set",
                work.target
            ),
        ));
    }
    let id = before.primary_id.clone().unwrap_or_default();
    work.so_far
        .write(|known| known.deployment_id = Some(id.clone()).filter(|id| !id.is_empty()));
    if before.service.desired == count && is_there(&before.service, count) {
        record(work, &before.service);
        return Ok(Ended::of(Outcome::NoChange, String::new()));
    }
    let deadline = work.elapsed() + Duration::from_secs(request.timeout_secs);
    work.phase("start");
    if before.service.desired != count {
        set(work, count).await?;
        work.status(format!("the desired count is {count} now"));
    }
    if request.until == Until::Started {
        return Ok(Ended::of(Outcome::Started, String::new()));
    }
    work.phase("rolling");
    let mut last = None;
    loop {
        let Some(seen) = work.place.service().await? else {
            return Ok(Ended::of(
                Outcome::Lost,
                "the service was deleted meanwhile",
            ));
        };
        let service = seen.service;
        record(work, &service);
        if service.desired != count {
            return Ok(Ended::of(
                Outcome::Superseded,
                format!(
                    "somebody has set the desired count to {} meanwhile",
                    service.desired
                ),
            ));
        }
        if is_there(&service, count) {
            return Ok(Ended::of(Outcome::Ok, String::new()));
        }
        let counts = (service.running, service.pending);
        if last != Some(counts) {
            last = Some(counts);
            work.status(format!(
                "{} of {count} tasks run, {} are starting",
                service.running, service.pending
            ));
        }
        if let Some(ended) = failing(work, &service).await? {
            return Ok(ended);
        }
        if work.elapsed() >= deadline {
            let id = service
                .primary()
                .map(|one| one.id.clone())
                .unwrap_or_default();
            evidence::gather(work, &id, Some(&service), None).await;
            return Ok(Ended::of(
                Outcome::TimedOut,
                format!(
                    "{} of {count} tasks run after {} s",
                    service.running, request.timeout_secs
                ),
            ));
        }
        work.pause().await;
    }
}

/// A count may be sent again: it says what is to be, not what is to happen.
async fn set<P: Place>(work: &Work<'_, P>, count: u32) -> Result<(), Ended> {
    const TRIES: u32 = 3;
    let update = Update {
        desired: Some(count),
        ..Update::default()
    };
    let mut tries = 0;
    loop {
        tries += 1;
        match work.place.update(&update).await {
            Ok(_) => return Ok(()),
            Err(trouble)
                if tries < TRIES
                    && matches!(trouble.kind, TroubleKind::NotSent | TroubleKind::Unknown) =>
            {
                work.pause().await;
            }
            Err(trouble) => return Err(trouble.into()),
        }
    }
}

fn is_there(service: &Service, count: u32) -> bool {
    service.running == count && service.pending == 0
}

async fn failing<P: Place>(work: &Work<'_, P>, service: &Service) -> Result<Option<Ended>, Ended> {
    let Some(primary) = service.primary().filter(|one| one.failed_tasks > 0) else {
        return Ok(None);
    };
    let failed = match evidence::failed(work, &primary.id).await {
        Ok(failed) => failed,
        Err(trouble) if trouble.kind == TroubleKind::Denied => {
            work.note(format!("{}", trouble.error));
            return Ok(None);
        }
        Err(trouble) => return Err(trouble.into()),
    };
    if failed.len() < MOST_FAILED {
        return Ok(None);
    }
    evidence::gather(work, &primary.id, Some(service), None).await;
    Ok(Some(Ended::of(
        Outcome::Failed,
        format!("{} tasks failed one after the other", failed.len()),
    )))
}

fn record<P: Place>(work: &Work<'_, P>, service: &Service) {
    work.so_far.write(|known| {
        known.desired = service.desired;
        known.running = service.running;
        known.task_definition_after = Some(service.task_definition.clone());
    });
    work.moment(Moment {
        after_ms: 0,
        state: "rolling".to_owned(),
        running: service.running,
        pending: service.pending,
        failed: service.primary().map_or(0, |one| one.failed_tasks),
        desired: service.desired,
        others: 0,
    });
}
