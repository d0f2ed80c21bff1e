//! The rules where a service deployment is known: it says itself how it goes, but not who took its place.

use super::classic::tells_rollback;
use super::{Finding, Ours, Snapshot, State, UNEXPLAINED_LOOKS, Verdict, other_primary};
use crate::rollout::{
    BreakerStatus, Service, ServiceDeployment, ServiceDeploymentStatus as Status,
};

pub(super) fn judge(
    ours: &Ours,
    state: &State,
    seen: &Snapshot<'_>,
    service: &Service,
    deployment: &ServiceDeployment,
) -> Option<Verdict> {
    let why = || reason(deployment);
    match &deployment.status {
        // These are reached first even where no look has shown the rollback under way.
        Status::RollbackSuccessful => Some(Verdict::Ends(Finding::RolledBack(why()))),
        Status::RollbackFailed => Some(Verdict::Ends(Finding::RollbackFailed(why()))),
        Status::RollbackRequested | Status::RollbackInProgress => {
            Some(Verdict::Goes(State::RollingBack))
        }
        Status::Stopped => stopped(ours, seen, service, deployment),
        Status::Successful => Some(successful(ours, state, service)),
        Status::Pending | Status::InProgress | Status::StopRequested | Status::Other(_) => {
            if deployment.rollback.is_some() {
                return Some(Verdict::Goes(State::RollingBack));
            }
            // What was read of it may be older than the service.
            unexplained(ours, state, seen, service)
        }
    }
}

fn successful(ours: &Ours, state: &State, service: &Service) -> Verdict {
    if *state == State::RollingBack {
        let late = "the deployment was over before the way back began";
        return Verdict::Ends(Finding::RollbackFailed(late.to_owned()));
    }
    let newer = other_primary(ours, service)
        .filter(|one| one.created_at > ours.created_at && !tells_rollback(one, ours));
    match newer {
        Some(one) => Verdict::Ends(Finding::Superseded(Some(one.id.clone()))),
        None => Verdict::Verify,
    }
}

/// It covers three things: a newer deployment, a failure without rollback, and somebody's hand.
fn stopped(
    ours: &Ours,
    seen: &Snapshot<'_>,
    service: &Service,
    deployment: &ServiceDeployment,
) -> Option<Verdict> {
    let other = other_primary(ours, service).filter(|one| !tells_rollback(one, ours));
    let newer = other.filter(|one| one.created_at > ours.created_at);
    if seen.is_newer_known || newer.is_some() {
        return Some(Verdict::Ends(Finding::Superseded(
            newer.map(|one| one.id.clone()),
        )));
    }
    let triggered =
        deployment.breaker == BreakerStatus::Triggered || !deployment.triggered_alarms.is_empty();
    if triggered {
        return Some(Verdict::Ends(Finding::Failed(reason(deployment))));
    }
    // A newer one may not be seen yet: reads lag behind writes.
    (seen.looks.unexplained >= UNEXPLAINED_LOOKS)
        .then(|| Verdict::Ends(Finding::Stopped(reason(deployment))))
}

/// The service shows another deployment in our place, and ours says nothing of it.
fn unexplained(
    ours: &Ours,
    state: &State,
    seen: &Snapshot<'_>,
    service: &Service,
) -> Option<Verdict> {
    if *state == State::Started || seen.looks.unexplained < UNEXPLAINED_LOOKS * 2 {
        return None;
    }
    let other = other_primary(ours, service)?;
    if tells_rollback(other, ours) || other.created_at <= ours.created_at {
        return Some(Verdict::Goes(State::RollingBack));
    }
    Some(Verdict::Ends(Finding::Superseded(Some(other.id.clone()))))
}

fn reason(deployment: &ServiceDeployment) -> String {
    let of_rollback = deployment.rollback.as_ref().map(|one| one.reason.as_str());
    of_rollback
        .filter(|text| !text.is_empty())
        .unwrap_or(&deployment.status_reason)
        .to_owned()
}
