//! A task and its containers, as `DescribeTasks` tells them.

use serde::{Deserialize, Serialize};

use super::At;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Task {
    pub(crate) arn: String,
    pub(crate) task_definition: String,
    /// The deployment's id for a task of a service.
    pub(crate) started_by: String,
    /// `PROVISIONING`, `PENDING`, `ACTIVATING`, `RUNNING`, `DEACTIVATING`, `STOPPING`, `DEPROVISIONING`, `STOPPED`.
    pub(crate) last_status: String,
    /// `RUNNING` or `STOPPED`.
    pub(crate) desired_status: String,
    pub(crate) health: Health,
    pub(crate) stop_code: Option<StopCode>,
    /// Free text of ECS, the engine or the application.
    pub(crate) stopped_reason: String,
    pub(crate) containers: Vec<Container>,
    pub(crate) created_at: At,
    pub(crate) started_at: Option<At>,
    pub(crate) stopped_at: Option<At>,
}

impl Task {
    /// The last part of the ARN.
    pub(crate) fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) image: String,
    /// Digest of a manifest or of an index, `sha256:…`; `None`: not told.
    pub(crate) image_digest: Option<String>,
    pub(crate) last_status: String,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: String,
    pub(crate) health: Health,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Health {
    Healthy,
    Unhealthy,
    /// No check, or none yet.
    #[default]
    Unknown,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum StopCode {
    TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    SpotInterruption,
    TerminationNotice,
    InfrastructureHealth,
    Other(String),
}
