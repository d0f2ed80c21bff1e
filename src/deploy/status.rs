//! What runs now, as `status` tells it: `baws-ci/service/1`.

use serde::{Deserialize, Serialize};

use crate::rollout::{At, Event, Health};

/// Of one service, at one moment. Texts of others are clean.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Status {
    /// As [`super::Target`] displays it.
    pub(crate) target: String,
    pub(crate) service_arn: String,
    /// By the server's clock.
    pub(crate) at: At,
    /// `active`, `draining`, `inactive`, or another word of ECS's.
    pub(crate) state: String,
    pub(crate) desired: u32,
    pub(crate) running: u32,
    pub(crate) pending: u32,
    /// ARN with revision.
    pub(crate) task_definition: String,
    /// Newest first.
    pub(crate) deployments: Vec<StatusDeployment>,
    pub(crate) tasks: Vec<StatusTask>,
    /// Every digest on running tasks, once each, sorted.
    pub(crate) digests: Vec<String>,
    /// The last ones, oldest first.
    pub(crate) events: Vec<Event>,
    pub(crate) url: Option<String>,
    /// What could not be read, and why.
    pub(crate) notes: Vec<String>,
}

impl Status {
    /// Whether a deployment is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.deployments
            .iter()
            .any(|one| one.status != "primary" && one.running + one.pending > 0)
            || self
                .deployments
                .iter()
                .any(|one| one.rollout.as_deref() == Some("in_progress"))
            || self.running != self.desired
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct StatusDeployment {
    /// `ecs-svc/<number>`
    pub(crate) id: String,
    /// `primary`, `active`, `inactive`
    pub(crate) status: String,
    /// `in_progress`, `completed`, `failed`; `None`: not told.
    pub(crate) rollout: Option<String>,
    pub(crate) reason: String,
    pub(crate) task_definition: String,
    pub(crate) desired: u32,
    pub(crate) running: u32,
    pub(crate) pending: u32,
    pub(crate) failed_tasks: u32,
    pub(crate) created_at: At,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct StatusTask {
    /// Its id, the last part of the ARN.
    pub(crate) task: String,
    /// As ECS writes it, such as `RUNNING`.
    pub(crate) status: String,
    pub(crate) health: Health,
    /// Of the deployment it belongs to.
    pub(crate) deployment_id: String,
    pub(crate) containers: Vec<StatusContainer>,
    pub(crate) started_at: Option<At>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct StatusContainer {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) digest: Option<String>,
}
