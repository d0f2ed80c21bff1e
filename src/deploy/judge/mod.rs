//! What a look at a service means for our deployment: a pure function over what was seen, one rule after the other.
//!
//! Two sources tell: the service deployment, where ECS keeps one and lets us read it (`modern`), else the list of deployments
//! in the service itself (`classic`). The same question is put to both in the same order, and the first rule that holds
//! decides. Whether a deployment that took the place of ours is newer (superseded) or older (rolled back) is decided by the
//! server's own clock, never by a text where there is another way. Refuses to call, to wait and to tell.

mod classic;
mod modern;

use super::expected::Match;
use crate::rollout::{
    At, Deployment, HookKind, HookStatus, Service, ServiceDeployment, ServiceStatus,
};

/// Looks in a row that find no service, before it counts as gone.
const MISSING_LOOKS: u32 = 2;
/// Looks for which a service must stand still, where nobody tells the state of a rollout.
const STILL_LOOKS: u32 = 12;
/// Looks for which what ends a deployment without a word may still be explained by a newer one.
const UNEXPLAINED_LOOKS: u32 = 3;
/// Looks for which an update that has landed may not be seen: 32 s with a look every 4 s.
const UNSEEN_LOOKS: u32 = 8;

/// Our deployment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ours {
    /// `ecs-svc/<number>`
    pub(super) id: String,
    /// By the server's clock.
    pub(super) created_at: At,
    pub(super) definition: String,
    /// The one before it.
    pub(super) before_id: Option<String>,
}

impl Ours {
    pub(super) fn of(deployment: &Deployment, before_id: Option<String>) -> Self {
        Ours {
            id: deployment.id.clone(),
            created_at: deployment.created_at,
            definition: deployment.task_definition.clone(),
            before_id,
        }
    }
}

/// What was seen at one look, and how long some of it has been so.
#[derive(Clone, Debug)]
pub(super) struct Snapshot<'a> {
    /// `None`: there is no such service.
    pub(super) service: Option<&'a Service>,
    /// The last that was read; `None`: classic.
    pub(super) deployment: Option<&'a ServiceDeployment>,
    /// A service deployment was created after ours.
    pub(super) is_newer_known: bool,
    /// Tasks of ours that failed by themselves.
    pub(super) failed: u32,
    /// So many of them end the wait; `None`: ECS's own breaker does.
    pub(super) most_failed: Option<u32>,
    /// What ECS resolved for our revision.
    pub(super) resolved: Match,
    /// As many tasks of ours as wanted run and are healthy, and that is what is waited for.
    pub(super) is_healthy: bool,
    pub(super) looks: Looks,
}

/// Looks in a row.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Looks {
    pub(super) missing: u32,
    pub(super) still: u32,
    pub(super) unexplained: u32,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// The update has landed, and no look has shown it yet.
    Started,
    Rolling,
    /// At a hook, by its id.
    Paused(String),
    /// All is in place, and ECS has not said that it is over: an alarm's time, draining.
    Settling,
    RollingBack,
}

/// What a look means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Goes(State),
    /// ECS calls it done: which digests run has still to be seen.
    Verify,
    Ends(Finding),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Finding {
    Lost,
    /// In ECS's own words, where it has any.
    Failed(String),
    RolledBack(String),
    RollbackFailed(String),
    /// By the deployment of this id; `None`: its id is not known yet.
    Superseded(Option<String>),
    Stopped(String),
    /// Before its tasks ran.
    Mismatch,
}

/// The rules, in their order.
pub(super) fn judge(ours: &Ours, state: &State, seen: &Snapshot<'_>) -> Verdict {
    let Some(service) = seen.service.filter(|one| is_there(one)) else {
        return match seen.looks.missing >= MISSING_LOOKS {
            true => Verdict::Ends(Finding::Lost),
            false => Verdict::Goes(state.clone()),
        };
    };
    let by_source = match seen.deployment {
        Some(deployment) => modern::judge(ours, state, seen, service, deployment),
        None => classic::judge(ours, state, seen, service),
    };
    by_source
        .or_else(|| own_breaker(state, seen))
        .or_else(|| wrong_from_the_start(state, seen))
        .or_else(|| healthy(state, seen))
        .unwrap_or_else(|| Verdict::Goes(going(ours, state, seen, service)))
}

fn is_there(service: &Service) -> bool {
    match service.status {
        ServiceStatus::Active | ServiceStatus::Other(_) => true,
        ServiceStatus::Draining | ServiceStatus::Inactive => false,
    }
}

fn own_breaker(state: &State, seen: &Snapshot<'_>) -> Option<Verdict> {
    let most = seen.most_failed?;
    (*state != State::RollingBack && seen.failed >= most).then(|| {
        Verdict::Ends(Finding::Failed(format!(
            "{} tasks of this deployment failed one after the other, and the service has no circuit breaker that would end it",
            seen.failed
        )))
    })
}

fn wrong_from_the_start(state: &State, seen: &Snapshot<'_>) -> Option<Verdict> {
    (*state != State::RollingBack && seen.resolved == Match::Wrong)
        .then_some(Verdict::Ends(Finding::Mismatch))
}

fn healthy(state: &State, seen: &Snapshot<'_>) -> Option<Verdict> {
    (*state != State::RollingBack && seen.is_healthy).then_some(Verdict::Verify)
}

/// Nothing is decided: how it goes on.
fn going(ours: &Ours, state: &State, seen: &Snapshot<'_>, service: &Service) -> State {
    if *state == State::RollingBack {
        return State::RollingBack;
    }
    if let Some(hook) = waiting_hook(seen.deployment) {
        return State::Paused(hook);
    }
    match service.deployment(&ours.id) {
        None if *state == State::Started => State::Started,
        Some(own) if is_in_place(own, service) => State::Settling,
        Some(_) | None => State::Rolling,
    }
}

/// The hook at which a deployment waits for somebody.
pub(super) fn waiting_hook(deployment: Option<&ServiceDeployment>) -> Option<String> {
    let hooks = &deployment?.hooks;
    let waits = hooks
        .iter()
        .find(|hook| hook.kind == HookKind::Pause && hook.status == HookStatus::AwaitingAction);
    waits.map(|hook| hook.id.clone())
}

/// All tasks of it run, and nothing else does.
fn is_in_place(own: &Deployment, service: &Service) -> bool {
    own.running >= own.desired && own.pending == 0 && service.deployments.len() == 1
}

/// That of the list which is the newest, where it is not ours.
fn other_primary<'a>(ours: &Ours, service: &'a Service) -> Option<&'a Deployment> {
    service.primary().filter(|one| one.id != ours.id)
}

#[cfg(test)]
mod tests;
