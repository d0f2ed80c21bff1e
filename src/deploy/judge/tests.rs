//! The rule table, a row a case.

use super::*;
use crate::rollout::{
    BreakerStatus, DeploymentStatus, Hook, Rollback, RolloutState,
    ServiceDeploymentStatus as Status,
};

const OURS: &str = "ecs-svc/2";

fn ours() -> Ours {
    Ours {
        id: OURS.to_owned(),
        created_at: At(2000),
        definition: "app:2".to_owned(),
        before_id: Some("ecs-svc/1".to_owned()),
    }
}

/// The newest of a service, with number, state of its rollout and words.
fn primary(number: i64, rollout: Option<RolloutState>, words: &str) -> Service {
    let one = Deployment {
        id: format!("ecs-svc/{number}"),
        status: DeploymentStatus::Primary,
        created_at: At(number * 1000),
        desired: 2,
        running: 2,
        rollout,
        rollout_reason: words.to_owned(),
        ..Deployment::default()
    };
    Service {
        desired: 2,
        running: 2,
        deployments: vec![one],
        ..Service::default()
    }
}

fn kept(status: Status) -> ServiceDeployment {
    ServiceDeployment {
        status,
        ..ServiceDeployment::default()
    }
}

fn seen<'a>(service: &'a Service, deployment: Option<&'a ServiceDeployment>) -> Snapshot<'a> {
    Snapshot {
        service: Some(service),
        deployment,
        is_newer_known: false,
        failed: 0,
        most_failed: None,
        resolved: Match::Unknown,
        is_healthy: false,
        looks: Looks::default(),
    }
}

fn after(snapshot: Snapshot<'_>, unexplained: u32) -> Snapshot<'_> {
    Snapshot {
        looks: Looks {
            unexplained,
            ..snapshot.looks
        },
        ..snapshot
    }
}

fn ends(finding: Finding) -> Verdict {
    Verdict::Ends(finding)
}

const DONE: Option<RolloutState> = Some(RolloutState::Completed);
const MOVES: Option<RolloutState> = Some(RolloutState::InProgress);

#[test]
fn a_service_counts_as_lost_after_two_looks_without_it() {
    let service = primary(2, MOVES, "");
    for (missing, wanted) in [(1, Verdict::Goes(State::Rolling)), (2, ends(Finding::Lost))] {
        let mut snapshot = seen(&service, None);
        snapshot.service = None;
        snapshot.looks.missing = missing;
        assert_eq!(judge(&ours(), &State::Rolling, &snapshot), wanted);
    }
}

#[test]
fn a_superseded_deployment_is_never_called_rolled_back() {
    let newer = primary(3, MOVES, "");
    let superseded = ends(Finding::Superseded(Some("ecs-svc/3".to_owned())));
    for status in [Status::Stopped, Status::Successful] {
        let own = kept(status);
        assert_eq!(
            judge(&ours(), &State::Rolling, &seen(&newer, Some(&own))),
            superseded
        );
    }
    assert_eq!(
        judge(&ours(), &State::Rolling, &seen(&newer, None)),
        superseded
    );
}

#[test]
fn both_shapes_of_a_rollback_are_never_called_superseded() {
    let words = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.";
    for (number, text) in [(1, ""), (3, words)] {
        let moving = primary(number, MOVES, text);
        let over = primary(number, DONE, text);
        let looks = |service| judge(&ours(), &State::Rolling, &after(seen(service, None), 3));
        assert_eq!(looks(&moving), Verdict::Goes(State::RollingBack));
        assert_eq!(looks(&over), ends(Finding::RolledBack(text.to_owned())));
    }
}

#[test]
fn one_read_that_lags_is_no_rollback() {
    let old = primary(1, DONE, "");
    for state in [State::Started, State::Rolling] {
        let verdict = judge(&ours(), &state, &after(seen(&old, None), 1));
        assert!(
            matches!(verdict, Verdict::Goes(_)),
            "{state:?}: {verdict:?}"
        );
        assert_ne!(verdict, Verdict::Goes(State::RollingBack));
    }
}

#[test]
fn each_state_of_a_service_deployment_has_its_meaning() {
    let service = primary(2, MOVES, "");
    let triggered = ServiceDeployment {
        breaker: BreakerStatus::Triggered,
        status_reason: "tasks failed".to_owned(),
        ..kept(Status::Stopped)
    };
    let back = ServiceDeployment {
        rollback: Some(Rollback::default()),
        ..kept(Status::InProgress)
    };
    let none = String::new;
    for (own, wanted) in [
        (
            kept(Status::RollbackRequested),
            Verdict::Goes(State::RollingBack),
        ),
        (
            kept(Status::RollbackInProgress),
            Verdict::Goes(State::RollingBack),
        ),
        (back, Verdict::Goes(State::RollingBack)),
        (
            kept(Status::RollbackSuccessful),
            ends(Finding::RolledBack(none())),
        ),
        (
            kept(Status::RollbackFailed),
            ends(Finding::RollbackFailed(none())),
        ),
        (triggered, ends(Finding::Failed("tasks failed".to_owned()))),
        (kept(Status::Stopped), ends(Finding::Stopped(none()))),
        (kept(Status::Successful), Verdict::Verify),
        (kept(Status::InProgress), Verdict::Goes(State::Settling)),
    ] {
        let snapshot = after(seen(&service, Some(&own)), 3);
        assert_eq!(
            judge(&ours(), &State::Rolling, &snapshot),
            wanted,
            "{own:?}"
        );
    }
}

#[test]
fn a_deployment_that_was_over_before_its_rollback_is_not_called_rolled_back() {
    let service = primary(2, DONE, "");
    let own = kept(Status::Successful);
    let verdict = judge(&ours(), &State::RollingBack, &seen(&service, Some(&own)));
    assert!(matches!(verdict, Verdict::Ends(Finding::RollbackFailed(_))));
}

#[test]
fn without_a_service_deployment_the_service_tells() {
    let failed = Some(RolloutState::Failed);
    for (state, rollout, wanted) in [
        (
            State::Rolling,
            failed.clone(),
            ends(Finding::Failed("why".to_owned())),
        ),
        (State::Rolling, DONE, Verdict::Verify),
        (State::Rolling, MOVES, Verdict::Goes(State::Settling)),
        (
            State::RollingBack,
            failed,
            ends(Finding::RollbackFailed("why".to_owned())),
        ),
        (
            State::RollingBack,
            DONE,
            ends(Finding::RolledBack(String::new())),
        ),
        (State::RollingBack, MOVES, Verdict::Goes(State::RollingBack)),
    ] {
        let service = primary(2, rollout, "why");
        assert_eq!(judge(&ours(), &state, &seen(&service, None)), wanted);
    }
    let untold = primary(2, None, "");
    let mut snapshot = seen(&untold, None);
    assert_eq!(
        judge(&ours(), &State::Rolling, &snapshot),
        Verdict::Goes(State::Settling)
    );
    snapshot.looks.still = STILL_LOOKS;
    assert_eq!(judge(&ours(), &State::Rolling, &snapshot), Verdict::Verify);
}

#[test]
fn a_pause_comes_and_goes() {
    let service = primary(2, MOVES, "");
    let waits = ServiceDeployment {
        hooks: vec![Hook {
            id: "h".to_owned(),
            ..Hook::default()
        }],
        ..kept(Status::InProgress)
    };
    let paused = State::Paused("h".to_owned());
    let verdict = judge(&ours(), &State::Rolling, &seen(&service, Some(&waits)));
    assert_eq!(verdict, Verdict::Goes(paused.clone()));
    let on = kept(Status::InProgress);
    let verdict = judge(&ours(), &paused, &seen(&service, Some(&on)));
    assert_eq!(verdict, Verdict::Goes(State::Settling));
}

#[test]
fn failing_tasks_and_a_wrong_digest_end_it_early_but_not_a_rollback() {
    let service = primary(2, MOVES, "");
    for (failed, resolved) in [(3, Match::Unknown), (0, Match::Wrong)] {
        let snapshot = Snapshot {
            failed,
            most_failed: Some(3),
            resolved,
            ..seen(&service, None)
        };
        let verdict = judge(&ours(), &State::Rolling, &snapshot);
        assert!(matches!(
            verdict,
            Verdict::Ends(Finding::Failed(_) | Finding::Mismatch)
        ));
        let verdict = judge(&ours(), &State::RollingBack, &snapshot);
        assert_eq!(verdict, Verdict::Goes(State::RollingBack));
    }
}
