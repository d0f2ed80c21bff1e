//! `deploy`, `restart`, `rollback`: an update, watched to its end and verified.
//!
//! Read next: `busy`, `pinning`, `through`.

mod busy;
mod pinning;
mod through;

use std::time::Duration;

use super::end::Outcome;
use super::expected::Expected;
use super::going_back;
use super::images;
use super::place::{Place, Update};
use super::preflight::{self, Before};
use super::request::{DeployRequest, ServiceRequest, Strategy};
use super::start::start;
use super::work::{Ended, Work};
use crate::rollout::{Definition, Scheduling, Service};

use busy::{Busy, busy};
use pinning::{pinned, plan, update};
use through::follow_through;

pub(in crate::deploy) async fn deploy<P: Place>(
    work: &Work<'_, P>,
    request: &DeployRequest,
) -> Result<Ended, Ended> {
    work.phase("preflight");
    work.so_far.write(|known| {
        known.strategy = Some(match request.strategy {
            Strategy::Restart => "restart".to_owned(),
            Strategy::Pin => "pin".to_owned(),
        });
        known.image.clone_from(&request.image);
        known.container.clone_from(&request.container);
    });
    if request.strategy == Strategy::Pin && request.image.is_none() {
        return Err(Ended::of(
            Outcome::Usage,
            "there is no image to put into the task definition",
        )
        .hint("give `--image repository@sha256:…`, or the file that a push has written with `--image-file`"));
    }
    let mut before = preflight::service(work).await?;
    preflight::is_deployable(work, &before.service)?;
    let definition = work
        .place
        .definition(&before.service.task_definition)
        .await?;
    let expected = images::expected(work, &definition, request).await?;
    preflight::platform_fits(&definition, &expected)?;
    let deadline = deadline(work, &request.request);
    let raised = match raised(work, &before.service, request)? {
        Raise::To(count) => count,
        Raise::Stays => return Ok(not_running(work)),
    };
    let mut followed = None;
    if preflight::is_busy(&before.service) {
        match busy(work, &mut before, &expected, request, deadline).await? {
            Busy::Follow(ours) => followed = Some(ours),
            Busy::GoOn => {}
        }
    }
    preflight::remarks(work, &before.service);
    let pinned = match request.strategy {
        Strategy::Pin => Some(pinned(&definition, &expected, request)?),
        Strategy::Restart => None,
    };
    if request.dry_run {
        work.status(plan(work, &before, pinned.as_ref(), raised));
        return Ok(Ended::of(Outcome::Planned, String::new()));
    }
    work.phase("start");
    let ours = match followed {
        Some(ours) => Some(ours),
        None => {
            let update = update(work, &definition, pinned, raised).await?;
            match update {
                None => None,
                Some(update) => start(work, &before, &update, &expected).await?,
            }
        }
    };
    follow_through(work, ours, &before, &expected, &request.request, deadline).await
}

pub(in crate::deploy) async fn restart<P: Place>(
    work: &Work<'_, P>,
    request: &ServiceRequest,
) -> Result<Ended, Ended> {
    let (before, definition) = running(work).await?;
    let expected = images::of_definition(work, &definition, None).await?;
    let update = Update {
        force: true,
        ..Update::default()
    };
    carry_out(work, &before, &update, &expected, request).await
}

pub(in crate::deploy) async fn rollback<P: Place>(
    work: &Work<'_, P>,
    to: Option<u32>,
    request: &ServiceRequest,
) -> Result<Ended, Ended> {
    let (before, now) = running(work).await?;
    let target = going_back::revision(work, &now, to).await?;
    work.status(format!("going back to {}", short(target.arn())));
    let expected = images::of_definition(work, &target, None).await?;
    let update = Update {
        definition: Some(target.arn().to_owned()),
        force: true,
        desired: None,
    };
    carry_out(work, &before, &update, &expected, request).await
}

/// The service, which is to run, and its definition.
async fn running<P: Place>(work: &Work<'_, P>) -> Result<(Before, Definition), Ended> {
    work.phase("preflight");
    let before = preflight::service(work).await?;
    preflight::is_deployable(work, &before.service)?;
    if is_off(&before.service) {
        return Err(not_running(work));
    }
    let definition = work
        .place
        .definition(&before.service.task_definition)
        .await?;
    Ok((before, definition))
}

/// Sends the update, and follows it to its end.
async fn carry_out<P: Place>(
    work: &Work<'_, P>,
    before: &Before,
    update: &Update,
    expected: &Expected,
    request: &ServiceRequest,
) -> Result<Ended, Ended> {
    preflight::remarks(work, &before.service);
    let deadline = deadline(work, request);
    work.phase("start");
    let ours = start(work, before, update, expected).await?;
    follow_through(work, ours, before, expected, request, deadline).await
}

/// What becomes of a desired count of 0.
enum Raise {
    /// `None`: the count stays as it is.
    To(Option<u32>),
    /// At 0, and nobody asked to raise it.
    Stays,
}

fn raised<P: Place>(
    work: &Work<'_, P>,
    service: &Service,
    request: &DeployRequest,
) -> Result<Raise, Ended> {
    if !is_off(service) {
        return Ok(Raise::To(None));
    }
    match request.start {
        Some(0) => Err(Ended::of(Outcome::Usage, "`--start 0` starts nothing")),
        Some(count) => {
            work.status(format!("the desired count is 0: raising it to {count}"));
            Ok(Raise::To(Some(count)))
        }
        None => Ok(Raise::Stays),
    }
}

fn is_off(service: &Service) -> bool {
    service.scheduling != Scheduling::Daemon && service.desired == 0
}

pub(super) fn not_running<P: Place>(work: &Work<'_, P>) -> Ended {
    Ended::of(
        Outcome::NotRunning,
        format!("the desired count of {} is 0, so that nothing runs", work.target),
    )
    .hint("`baws-ci deploy --start` raises it to 1, or `--start COUNT` to more; `baws-ci start` does that alone")
}

fn deadline<P: Place>(work: &Work<'_, P>, request: &ServiceRequest) -> Duration {
    work.elapsed() + Duration::from_secs(request.timeout_secs)
}

/// `family:revision`
pub(in crate::deploy) fn short(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
