//! What a service, its deployments and its tasks look like, wherever they run: plain values that workshops fill in.
//!
//! The words are ECS's, because people know them; a container on this machine is described by the same ones. Refuses to
//! ask anybody anything. Read next: `service`, `service_deployment`, `task`, `definition`, and `arn` for how things are named.
//!
//! Source of every field: the ECS API reference (model 2014-11-13), data types of the same names.

mod arn;
mod clean;
mod definition;
mod order;
mod service;
mod service_deployment;
mod task;

pub(crate) use arn::{ServiceArn, ServiceName};
pub(crate) use clean::clean;
pub(crate) use definition::{Definition, Logs};
pub(crate) use order::{Digests, HookAnswer, OneOff, TaskSelection, Update};
pub(crate) use service::{
    Breaker, Controller, Deployment, DeploymentStatus, Event, RolloutState, Scheduling, Service,
    ServiceStatus, TargetGroup,
};
pub(crate) use service_deployment::{
    BreakerStatus, Hook, HookKind, HookStatus, Revision, RevisionImage, Rollback,
    ServiceDeployment, ServiceDeploymentStatus, TargetRevision,
};
pub(crate) use task::{Container, Health, StopCode, Task};

use serde::{Deserialize, Serialize};

/// A moment by the server's clock, in milliseconds since 1970. Never compared with this host's.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub(crate) struct At(pub(crate) i64);

impl At {
    /// How long after `earlier`; zero where it is not after it.
    pub(crate) fn since(self, earlier: At) -> std::time::Duration {
        let millis = self.0.saturating_sub(earlier.0);
        std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}
