//! A service deployment and a service revision: what ECS keeps of each rollout since October 2024, where it lets one read it.

use serde::{Deserialize, Serialize};

use super::At;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct ServiceDeployment {
    pub(crate) arn: String,
    pub(crate) status: ServiceDeploymentStatus,
    pub(crate) status_reason: String,
    pub(crate) created_at: At,
    pub(crate) started_at: Option<At>,
    pub(crate) finished_at: Option<At>,
    pub(crate) target: TargetRevision,
    /// ARNs of what it replaces.
    pub(crate) sources: Vec<String>,
    pub(crate) breaker: BreakerStatus,
    pub(crate) breaker_failures: u32,
    /// Failures at which the breaker opens; 0: not told.
    pub(crate) breaker_threshold: u32,
    pub(crate) alarms: Vec<String>,
    pub(crate) triggered_alarms: Vec<String>,
    pub(crate) rollback: Option<Rollback>,
    /// As ECS writes it, such as `BAKE_TIME`.
    pub(crate) lifecycle_stage: Option<String>,
    pub(crate) hooks: Vec<Hook>,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum ServiceDeploymentStatus {
    #[default]
    Pending,
    InProgress,
    Successful,
    StopRequested,
    /// By somebody, by a failure without rollback, or because a newer deployment took its place.
    Stopped,
    RollbackRequested,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
    Other(String),
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct TargetRevision {
    pub(crate) arn: String,
    pub(crate) requested: u32,
    pub(crate) running: u32,
    pub(crate) pending: u32,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum BreakerStatus {
    #[default]
    Disabled,
    Monitoring,
    MonitoringComplete,
    Triggered,
    Other(String),
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Rollback {
    pub(crate) reason: String,
    pub(crate) started_at: Option<At>,
    pub(crate) revision_arn: String,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Hook {
    pub(crate) id: String,
    pub(crate) kind: HookKind,
    pub(crate) status: HookStatus,
    pub(crate) expires_at: Option<At>,
    /// What ECS does when nobody answers: `CONTINUE` or `ROLLBACK`.
    pub(crate) timeout_action: String,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum HookKind {
    Lambda,
    #[default]
    Pause,
    Other(String),
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum HookStatus {
    /// Waits for `ContinueServiceDeployment`.
    #[default]
    AwaitingAction,
    Other(String),
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Revision {
    pub(crate) arn: String,
    pub(crate) task_definition: String,
    pub(crate) created_at: At,
    pub(crate) images: Vec<RevisionImage>,
}

/// What ECS made of a container's image for one revision.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct RevisionImage {
    pub(crate) container: String,
    pub(crate) image: String,
    /// `sha256:…`; `None`: not resolved.
    pub(crate) digest: Option<String>,
}
