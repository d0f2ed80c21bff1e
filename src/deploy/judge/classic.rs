//! The rules where only the service's own list of deployments is known.

use super::{
    Finding, Ours, STILL_LOOKS, Snapshot, State, UNEXPLAINED_LOOKS, UNSEEN_LOOKS, Verdict,
    is_in_place, other_primary,
};
use crate::rollout::{Deployment, RolloutState, Service};

pub(super) fn judge(
    ours: &Ours,
    state: &State,
    seen: &Snapshot<'_>,
    service: &Service,
) -> Option<Verdict> {
    if let Some(other) = other_primary(ours, service) {
        return displaced(ours, state, seen, service, other);
    }
    let own = service.primary()?;
    if *state == State::RollingBack {
        return way_back(seen, service, own);
    }
    match &own.rollout {
        Some(RolloutState::Failed) => {
            Some(Verdict::Ends(Finding::Failed(own.rollout_reason.clone())))
        }
        Some(RolloutState::Completed) => Some(Verdict::Verify),
        // Behind a Classic Load Balancer nobody tells.
        None if is_in_place(own, service) && seen.looks.still >= STILL_LOOKS => {
            Some(Verdict::Verify)
        }
        None | Some(RolloutState::InProgress | RolloutState::Other(_)) => None,
    }
}

/// What takes the service back is itself a deployment, with the ends of one.
fn way_back(seen: &Snapshot<'_>, service: &Service, own: &Deployment) -> Option<Verdict> {
    match &own.rollout {
        Some(RolloutState::Failed) => Some(Verdict::Ends(Finding::RollbackFailed(
            own.rollout_reason.clone(),
        ))),
        Some(RolloutState::Completed) => Some(Verdict::Ends(Finding::RolledBack(String::new()))),
        None if is_in_place(own, service) && seen.looks.still >= STILL_LOOKS => {
            Some(Verdict::Ends(Finding::RolledBack(String::new())))
        }
        None | Some(RolloutState::InProgress | RolloutState::Other(_)) => None,
    }
}

/// Another deployment is the newest: ECS has gone back, or somebody has deployed.
fn displaced(
    ours: &Ours,
    state: &State,
    seen: &Snapshot<'_>,
    service: &Service,
    other: &Deployment,
) -> Option<Verdict> {
    let is_before = ours.before_id.as_ref() == Some(&other.id);
    let is_unseen = *state == State::Started && service.deployment(&ours.id).is_none();
    if is_unseen && is_before && seen.looks.unexplained < UNSEEN_LOOKS {
        // The update is not seen yet: reads lag behind writes.
        return None;
    }
    let went_back = is_before || other.created_at < ours.created_at || tells_rollback(other, ours);
    if !went_back {
        return Some(Verdict::Ends(Finding::Superseded(Some(other.id.clone()))));
    }
    // A read that lags shows the old one in its place too, and without a word.
    if *state != State::RollingBack
        && !tells_rollback(other, ours)
        && seen.looks.unexplained < UNEXPLAINED_LOOKS
    {
        return None;
    }
    let why = service
        .deployment(&ours.id)
        .map(|own| own.rollout_reason.as_str())
        .filter(|text| !text.is_empty())
        .unwrap_or(&other.rollout_reason);
    Some(match &other.rollout {
        Some(RolloutState::Completed) => Verdict::Ends(Finding::RolledBack(why.to_owned())),
        Some(RolloutState::Failed) => {
            Verdict::Ends(Finding::RollbackFailed(other.rollout_reason.clone()))
        }
        None if other.running >= other.desired && other.pending == 0 => {
            Verdict::Ends(Finding::RolledBack(why.to_owned()))
        }
        None | Some(RolloutState::InProgress | RolloutState::Other(_)) => {
            Verdict::Goes(State::RollingBack)
        }
    })
}

/// Whether a deployment in the place of ours is ECS going back from it, under a new id.
///
/// ECS has no field for that in `deployments`, only its words. Sources: ECS developer guide, "deployment circuit breaker"
/// (`rolling back to deploymentId`), and screenshots in issues; not verified on live AWS, so that both shapes are handled.
pub(in crate::deploy) fn tells_rollback(other: &Deployment, ours: &Ours) -> bool {
    let words = other.rollout_reason.to_lowercase();
    let goes_back = ["rolling back", "rolled back", "rollback"]
        .iter()
        .any(|one| words.contains(one));
    // It names the one that it goes back to; a rollback of some other deployment names another.
    let known = [Some(&ours.id), ours.before_id.as_ref()];
    let names_known = known
        .into_iter()
        .flatten()
        .any(|id| words.contains(&id.to_lowercase()));
    goes_back && (!words.contains("ecs-svc/") || names_known)
}
