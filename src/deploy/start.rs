//! The one update: sent, and afterwards known to have landed or not. `UpdateService` is not idempotent, so it is never sent
//! again without looks in between that prove that the first had no effect.

use super::end::Outcome;
use super::expected::{Expected, Match};
use super::identity::resolved;
use super::judge::Ours;
use super::place::{Place, TaskSelection, TroubleKind, Update};
use super::preflight::Before;
use super::work::{Ended, Work};
use crate::rollout::{Deployment, Service};

/// Looks for a lost update, before it counts as one that did not land: 32 s with a look every 4 s.
const LOST_LOOKS: u32 = 8;
/// Looks for it, answered or not.
const MOST_TRIES: u32 = 24;
/// An update is sent so often at most.
const MOST_SENT: u32 = 3;

/// Sends the update; `None`: no deployment was needed, as nothing changed.
pub(super) async fn start<P: Place>(
    work: &Work<'_, P>,
    before: &Before,
    update: &Update,
    expected: &Expected,
) -> Result<Option<Ours>, Ended> {
    let mut sent = 0;
    loop {
        sent += 1;
        let trouble = match work.place.update(update).await {
            Ok(service) => return of_answer(work, before, update, &service),
            Err(trouble) => trouble,
        };
        match trouble.kind {
            TroubleKind::NotSent if sent < MOST_SENT => work.pause().await,
            TroubleKind::Unknown => {
                work.status(format!(
                    "the answer to the update was lost ({}): looking whether it has landed",
                    trouble.error
                ));
                match found_again(work, before, update, expected).await? {
                    Found::Ours(ours) => {
                        work.so_far.write(|known| known.adopted = true);
                        return Ok(Some(ours));
                    }
                    Found::Anothers(id) => {
                        return Err(Ended::of(
                            Outcome::Unavailable,
                            format!(
                                "the answer to the update was lost, and a deployment that is not provably ours ({id}) began since: \
                                 whether ours landed before it is not known"
                            ),
                        )
                        .hint("run the job again when that deployment is over: nothing is lost by it"));
                    }
                    Found::Nothing if sent < MOST_SENT => {
                        work.status("it has not landed: sending it again");
                    }
                    Found::Nothing => return Err(trouble.into()),
                }
            }
            TroubleKind::NotSent
            | TroubleKind::Denied
            | TroubleKind::Throttled
            | TroubleKind::Unavailable
            | TroubleKind::NotFound
            | TroubleKind::Unsupported
            | TroubleKind::Invalid
            | TroubleKind::Other => return Err(trouble.into()),
        }
    }
}

fn of_answer<P: Place>(
    work: &Work<'_, P>,
    before: &Before,
    update: &Update,
    service: &Service,
) -> Result<Option<Ours>, Ended> {
    match service.primary() {
        Some(primary) if before.primary_id.as_ref() != Some(&primary.id) => {
            let ours = ours(before, primary);
            work.status(format!("deployment {} began", ours.id));
            Ok(Some(ours))
        }
        Some(_) | None if update.force => Err(Ended::of(
            Outcome::Internal,
            "the update was taken, and no new deployment began although one was forced",
        )),
        Some(_) | None => Ok(None),
    }
}

fn ours(before: &Before, deployment: &Deployment) -> Ours {
    Ours::of(deployment, before.primary_id.clone())
}

enum Found {
    Ours(Ours),
    Anothers(String),
    Nothing,
}

/// Looks for an update whose answer was lost.
async fn found_again<P: Place>(
    work: &Work<'_, P>,
    before: &Before,
    update: &Update,
    expected: &Expected,
) -> Result<Found, Ended> {
    // Only a row of answered looks proves anything: in a gap it may have come and been taken back.
    let (mut looks, mut tries) = (0, 0);
    let mut anothers = None;
    while looks < LOST_LOOKS && tries < MOST_TRIES {
        work.pause().await;
        tries += 1;
        let seen = match work.place.service().await {
            Ok(Some(seen)) => seen,
            Ok(None) => continue,
            Err(trouble)
                if matches!(
                    trouble.kind,
                    TroubleKind::Throttled | TroubleKind::Unavailable | TroubleKind::Unknown
                ) =>
            {
                continue;
            }
            Err(trouble) => return Err(trouble.into()),
        };
        looks += 1;
        // It may have been taken back again already, and stand behind the one before it.
        let new = seen
            .service
            .deployments
            .iter()
            .find(|one| is_new(before, one));
        let Some(new) = new else {
            if is_count_alone(update) && update.desired == Some(seen.service.desired) {
                return Ok(Found::Ours(Ours::default()));
            }
            continue;
        };
        anothers = Some(new.id.clone());
        match is_ours(work, before, update, expected, new).await? {
            Some(true) => return Ok(Found::Ours(ours(before, new))),
            Some(false) => break,
            // Its digests are not told yet.
            None => {}
        }
    }
    if let Some(id) = anothers {
        return Ok(Found::Anothers(id));
    }
    if looks >= LOST_LOOKS && tries == looks {
        return Ok(match kept_since(work, before).await {
            Some(arn) => Found::Anothers(arn),
            None => Found::Nothing,
        });
    }
    Err(Ended::of(
        Outcome::Unavailable,
        "the answer to the update was lost, and the service could not be read all the time since: whether it has landed is not known",
    )
    .hint("run the job again: it follows the deployment if that has landed"))
}

/// A service deployment that began since the service was read, where ECS keeps and tells them: one that is over, and is not
/// in the service any more.
async fn kept_since<P: Place>(work: &Work<'_, P>, before: &Before) -> Option<String> {
    let kept = work.place.service_deployments(before.at).await.ok()?;
    let known = before.service.current_service_deployment.as_ref();
    let new = kept
        .into_iter()
        .find(|one| one.created_at > before.at && known.is_none_or(|known| *known != one.arn));
    new.map(|one| one.arn)
}

/// Whether a deployment began after the service was read, by the server's clock; that of the answer counts whole seconds.
fn is_new(before: &Before, deployment: &Deployment) -> bool {
    let known = before.service.deployments.iter();
    let newest = known.clone().map(|one| one.created_at).max();
    let is_known = known.into_iter().any(|one| one.id == deployment.id);
    !is_known && (deployment.created_at >= before.at || Some(deployment.created_at) > newest)
}

/// A desired count makes no deployment; it can be seen in the service itself.
fn is_count_alone(update: &Update) -> bool {
    !update.force && update.definition.is_none()
}

/// Whether a deployment that nobody else can tell from ours carries what ours carries.
async fn is_ours<P: Place>(
    work: &Work<'_, P>,
    before: &Before,
    update: &Update,
    expected: &Expected,
    new: &Deployment,
) -> Result<Option<bool>, Ended> {
    let wanted = update
        .definition
        .as_ref()
        .unwrap_or(&before.service.task_definition);
    if *wanted != new.task_definition {
        return Ok(Some(false));
    }
    if !expected.is_known() || !expected.is_asked {
        // A new deployment of that definition is all that was asked for.
        return Ok(Some(true));
    }
    Ok(match resolved(work, new, expected).await {
        Match::Right => Some(true),
        Match::Wrong => Some(false),
        Match::Unknown => by_tasks(work, new, expected).await,
    })
}

/// What the tasks of that deployment run, where they have come so far.
async fn by_tasks<P: Place>(
    work: &Work<'_, P>,
    new: &Deployment,
    expected: &Expected,
) -> Option<bool> {
    let tasks = work.place.tasks(TaskSelection::Running).await.ok()?;
    let own = tasks.iter().filter(|task| task.started_by == new.id);
    let judged: Vec<Match> = own.map(|task| expected.of_task(task)).collect();
    match judged.contains(&Match::Wrong) {
        true => Some(false),
        false => judged.contains(&Match::Right).then_some(true),
    }
}
