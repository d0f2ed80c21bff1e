//! A service as `DescribeServices` tells it.

use serde::{Deserialize, Serialize};

use super::At;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Service {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) cluster_arn: String,
    pub(crate) status: ServiceStatus,
    pub(crate) desired: u32,
    pub(crate) running: u32,
    pub(crate) pending: u32,
    /// ARN with revision.
    pub(crate) task_definition: String,
    /// In the order given. At most one is `Primary`.
    pub(crate) deployments: Vec<Deployment>,
    /// Newest first, at most 100.
    pub(crate) events: Vec<Event>,
    pub(crate) controller: Controller,
    pub(crate) scheduling: Scheduling,
    pub(crate) breaker: Breaker,
    /// Alarms that ECS itself watches for this service.
    pub(crate) alarms: Vec<String>,
    /// Percent; `None`: not told.
    pub(crate) minimum_healthy_percent: Option<u32>,
    pub(crate) maximum_percent: Option<u32>,
    pub(crate) health_grace_secs: Option<u32>,
    pub(crate) target_groups: Vec<TargetGroup>,
    /// ARN of the service deployment under way or last done; `None`: not told.
    pub(crate) current_service_deployment: Option<String>,
    /// Percent of tasks that have to be healthy for an early success; `None`: that is off.
    pub(crate) early_success_percent: Option<u32>,
    /// An Express service: ECS manages its resources, and `UpdateService` is not for it.
    pub(crate) is_express: bool,
}

impl Service {
    pub(crate) fn primary(&self) -> Option<&Deployment> {
        self.deployments
            .iter()
            .find(|one| one.status == DeploymentStatus::Primary)
    }

    pub(crate) fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|one| one.id == id)
    }

    /// Tasks of all deployments but this one.
    pub(crate) fn running_of_others(&self, id: &str) -> u32 {
        let others = self.deployments.iter().filter(|one| one.id != id);
        others.map(|one| one.running).sum()
    }
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum ServiceStatus {
    #[default]
    Active,
    Draining,
    Inactive,
    /// One that this program does not know.
    Other(String),
}

/// One entry of `deployments`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Deployment {
    /// `ecs-svc/<number>`; also `startedBy` of its tasks.
    pub(crate) id: String,
    pub(crate) status: DeploymentStatus,
    pub(crate) task_definition: String,
    pub(crate) desired: u32,
    pub(crate) pending: u32,
    pub(crate) running: u32,
    /// In a row; goes back to 0 when one runs.
    pub(crate) failed_tasks: u32,
    pub(crate) created_at: At,
    pub(crate) updated_at: At,
    /// `None`: not told, as behind a Classic Load Balancer.
    pub(crate) rollout: Option<RolloutState>,
    pub(crate) rollout_reason: String,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum DeploymentStatus {
    /// The newest.
    #[default]
    Primary,
    /// Older, and still with tasks.
    Active,
    /// Replaced.
    Inactive,
    Other(String),
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum RolloutState {
    InProgress,
    Completed,
    Failed,
    Other(String),
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) at: At,
    /// Free text, partly of others' making: never decides, and is cleaned before it is shown.
    pub(crate) message: String,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Controller {
    #[default]
    Ecs,
    CodeDeploy,
    External,
    Other(String),
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Scheduling {
    #[default]
    Replica,
    /// One task an instance: nobody sets the desired count.
    Daemon,
    Other(String),
}

/// The deployment circuit breaker, as it is configured.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Breaker {
    #[default]
    Off,
    /// A failed deployment stays where it is.
    On,
    /// A failed deployment goes back to the last completed one.
    Rollback,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct TargetGroup {
    pub(crate) arn: String,
    pub(crate) container: String,
    pub(crate) port: u32,
}
