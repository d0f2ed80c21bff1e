//! What the simulated ECS holds at a moment: the list of deployments, and the service deployments it keeps.

use super::{Begun, Ends, OTHER, Simulated, WANTED};
use crate::deploy::place::{Answered, Trouble, TroubleKind};
use crate::error::Error;
use crate::rollout::{
    Breaker, Deployment, DeploymentStatus, Rollback, RolloutState, Service, ServiceDeployment,
    ServiceDeploymentStatus, TargetRevision,
};

/// How long ECS takes to go back.
const BACK_MS: u64 = 20_000;
pub(super) const DEFINITION: &str = "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:1";

/// A deployment as it stands now.
#[derive(Clone, Debug)]
pub(super) struct Stands {
    pub(super) number: u64,
    at_ms: u64,
    pub(super) digest: String,
    pub(super) is_completed: bool,
    is_failed: bool,
    pub(super) running: u32,
    pending: u32,
    reason: String,
}

impl Simulated {
    pub(super) fn touched<T>(&self, kind: TroubleKind, what: &str) -> Answered<T> {
        Err(Trouble {
            kind,
            error: Error::system(what),
        })
    }

    pub(super) fn count(&self) {
        self.calls.set(self.calls.get() + 1);
        if self.dies_at.get() == Some(self.calls.get()) {
            std::panic::panic_any("the process was killed");
        }
    }

    /// Somebody else's deployment begins when its time has come.
    fn advance(&self) {
        let Some(foreign) = self.plot.foreign else {
            return;
        };
        let mut begun = self.begun.borrow_mut();
        let ours = begun.iter().find(|one| one.is_ours).map(|one| one.at_ms);
        let Some(ours) = ours else { return };
        let at_ms = ours + foreign.after_ms;
        let is_there = begun.iter().any(|one| one.number == 1000);
        if self.now_ms.get() >= at_ms && !is_there {
            begun.push(Begun {
                number: 1000,
                at_ms,
                digest: if foreign.carries_ours { WANTED } else { OTHER }.to_owned(),
                is_ours: false,
            });
        }
    }

    fn ends_of(&self, one: &Begun) -> Ends {
        match one.is_ours {
            true => self.plot.ends,
            false => Ends::Completes,
        }
    }

    fn stands(&self, one: &Begun) -> Stands {
        let age = self.now_ms.get().saturating_sub(one.at_ms);
        let takes = if one.number == 1 {
            0
        } else {
            self.plot.takes_ms
        };
        let over = age >= takes;
        let ends = self.ends_of(one);
        let is_completed = over && ends == Ends::Completes;
        let is_failed = over && !matches!(ends, Ends::Completes | Ends::Never);
        let half = self.plot.desired / 2;
        Stands {
            number: one.number,
            at_ms: one.at_ms,
            digest: one.digest.clone(),
            is_completed,
            is_failed,
            running: match (is_completed, age * 2 >= takes) {
                (true, _) => self.plot.desired,
                (false, true) if !is_failed && ends == Ends::Completes => half,
                (false, _) => 0,
            },
            pending: u32::from(!is_completed && !is_failed),
            reason: String::new(),
        }
    }

    /// The list, newest first, and the service deployment's status of ours.
    pub(super) fn listed(&self) -> (Vec<Stands>, Option<(Begun, ServiceDeploymentStatus)>) {
        self.advance();
        let begun = self.begun.borrow();
        let mut all: Vec<Stands> = begun.iter().map(|one| self.stands(one)).collect();
        all.reverse();
        let ours = begun.iter().rfind(|one| one.is_ours).cloned();
        let newest_is_ours = begun.last().is_some_and(|one| one.is_ours);
        let status = ours.clone().map(|own| {
            let stood = self.stands(&own);
            let next = begun
                .iter()
                .find(|one| one.at_ms > own.at_ms && !one.is_ours);
            let over_at = own.at_ms + self.plot.takes_ms;
            let cut = next.is_some_and(|next| next.at_ms < over_at);
            let status = match (cut, stood.is_completed, stood.is_failed, self.plot.ends) {
                (true, ..) => ServiceDeploymentStatus::Stopped,
                (false, true, ..) => ServiceDeploymentStatus::Successful,
                (false, false, true, Ends::Fails) => ServiceDeploymentStatus::Stopped,
                (false, false, true, _) if self.now_ms.get() >= over_at + BACK_MS => {
                    ServiceDeploymentStatus::RollbackSuccessful
                }
                (false, false, true, _) => ServiceDeploymentStatus::RollbackInProgress,
                (false, false, false, _) => ServiceDeploymentStatus::InProgress,
            };
            (own, status)
        });
        if newest_is_ours && all[0].is_failed {
            self.gone_back(&mut all);
        }
        // What has been replaced is not listed any more.
        if let Some(at) = all.iter().position(|one| one.is_completed) {
            all.truncate(at + 1);
        }
        (all, status)
    }

    fn gone_back(&self, all: &mut Vec<Stands>) {
        let failed = all[0].clone();
        let over_at = failed.at_ms + self.plot.takes_ms;
        let is_back = self.now_ms.get() >= over_at + BACK_MS;
        match self.plot.ends {
            Ends::GoesBackToOld => {
                let mut old = all.remove(1);
                old.is_completed = is_back;
                old.reason = "ECS deployment circuit breaker: rolling back".to_owned();
                all.insert(0, old);
            }
            Ends::GoesBackByNew => {
                let mut new = all[1].clone();
                new.number = 500;
                new.at_ms = over_at;
                new.is_completed = is_back;
                new.reason =
                    "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."
                        .to_owned();
                all.insert(0, new);
            }
            Ends::Completes | Ends::Fails | Ends::Never => {}
        }
    }

    pub(super) fn begin(&self) {
        let mut begun = self.begun.borrow_mut();
        let number = 10 + u64::try_from(begun.len()).unwrap_or(0);
        begun.push(Begun {
            number,
            at_ms: self.now_ms.get(),
            digest: if self.plot.runs_other { OTHER } else { WANTED }.to_owned(),
            is_ours: true,
        });
        self.lag_left.set(self.plot.lag_reads);
    }

    pub(super) fn service_now(&self, hides_newest: bool) -> Service {
        let (mut listed, _) = self.listed();
        if hides_newest && listed.len() > 1 {
            listed.remove(0);
        }
        let deployments: Vec<Deployment> = listed
            .iter()
            .enumerate()
            .map(|(index, one)| Deployment {
                id: format!("ecs-svc/{}", one.number),
                status: match index {
                    0 => DeploymentStatus::Primary,
                    _ => DeploymentStatus::Active,
                },
                task_definition: DEFINITION.to_owned(),
                desired: self.plot.desired,
                running: one.running,
                pending: one.pending,
                failed_tasks: u32::from(one.is_failed),
                created_at: Simulated::at(one.at_ms),
                updated_at: Simulated::at(self.now_ms.get()),
                rollout: Some(match (one.is_completed, one.is_failed) {
                    (true, _) => RolloutState::Completed,
                    (false, true) => RolloutState::Failed,
                    (false, false) => RolloutState::InProgress,
                }),
                rollout_reason: one.reason.clone(),
            })
            .collect();
        Service {
            arn: "arn:aws:ecs:eu-west-1:123456789012:service/lower/app".to_owned(),
            desired: self.plot.desired,
            running: deployments.iter().map(|one| one.running).sum(),
            pending: deployments.iter().map(|one| one.pending).sum(),
            task_definition: DEFINITION.to_owned(),
            deployments,
            breaker: Breaker::Rollback,
            ..Service::default()
        }
    }

    pub(super) fn revision_arn(number: u64) -> String {
        format!("arn:aws:ecs:eu-west-1:123456789012:service-revision/lower/app/{number}")
    }

    pub(super) fn kept(&self) -> Vec<ServiceDeployment> {
        let (_, own) = self.listed();
        let begun = self.begun.borrow();
        let mut kept: Vec<ServiceDeployment> = begun
            .iter()
            .map(|one| {
                let status = match &own {
                    Some((own, status)) if own.number == one.number => status.clone(),
                    _ if self.stands(one).is_completed => ServiceDeploymentStatus::Successful,
                    _ => ServiceDeploymentStatus::InProgress,
                };
                let goes_back = matches!(
                    status,
                    ServiceDeploymentStatus::RollbackInProgress
                        | ServiceDeploymentStatus::RollbackSuccessful
                );
                let is_stopped_by_failure =
                    status == ServiceDeploymentStatus::Stopped && self.stands(one).is_failed;
                ServiceDeployment {
                    arn: format!("service-deployment/{}", one.number),
                    created_at: Simulated::at(one.at_ms),
                    target: TargetRevision {
                        arn: Simulated::revision_arn(one.number),
                        ..TargetRevision::default()
                    },
                    breaker: match is_stopped_by_failure {
                        true => crate::rollout::BreakerStatus::Triggered,
                        false => crate::rollout::BreakerStatus::Monitoring,
                    },
                    rollback: goes_back.then(Rollback::default),
                    status,
                    ..ServiceDeployment::default()
                }
            })
            .collect();
        kept.reverse();
        kept
    }
}
