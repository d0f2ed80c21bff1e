//! What is asked for, as plain values: the same in a job (as JSON over the job socket) and outside.
//!
//! Whoever reads one as the host knows that it may be hostile: everything in it is the job's word.

use serde::{Deserialize, Serialize};

use crate::rollout::ServiceArn;

/// One of the verbs on services.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Request {
    pub(crate) targets: Vec<Target>,
    pub(crate) verb: Verb,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verb {
    Deploy(Box<DeployRequest>),
    /// A new deployment of the same definition and the same count, whatever its tag means now.
    Restart(ServiceRequest),
    /// Sets the desired count to `count` and waits until so many run.
    Start {
        count: u32,
        request: ServiceRequest,
    },
    /// Sets the desired count to 0 and waits until none runs.
    Stop(ServiceRequest),
    /// Goes back to an earlier revision of the task definition; `to`: a revision number, else the one before.
    Rollback {
        to: Option<u32>,
        request: ServiceRequest,
    },
    /// What runs; with `watch` again and again, until no deployment is under way.
    Status {
        watch: bool,
    },
    RunTask(OneOffRequest),
    /// Of the local target: takes the service away, with all that belongs to it.
    Remove,
}

impl Verb {
    /// The image that it brings along.
    pub(crate) fn image(&self) -> Option<&str> {
        match self {
            Verb::Deploy(request) => request.image.as_deref(),
            Verb::RunTask(request) => request.image.as_deref(),
            Verb::Restart(_)
            | Verb::Start { .. }
            | Verb::Stop(_)
            | Verb::Rollback { .. }
            | Verb::Status { .. }
            | Verb::Remove => None,
        }
    }

    /// As it is written on the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Verb::Deploy(_) => "deploy",
            Verb::Restart(_) => "restart",
            Verb::Start { .. } => "start",
            Verb::Stop(_) => "stop",
            Verb::Rollback { .. } => "rollback",
            Verb::Status { .. } => "status",
            Verb::Remove => "remove",
            Verb::RunTask(_) => "run-task",
        }
    }
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    Ecs(ServiceArn),
    /// On this machine's engine.
    Local {
        name: String,
    },
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Ecs(arn) => write!(f, "{}/{}", arn.cluster(), arn.service()),
            Target::Local { name } => write!(f, "local/{name}"),
        }
    }
}

/// `baws-ci deploy`
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct DeployRequest {
    /// What was pushed: `repository[:tag]@sha256:…`, or without a digest, which is then looked up first.
    /// `None`: whatever the service's own tag means now (with `Strategy::Restart` only).
    pub(crate) image: Option<String>,
    /// The container it is for; `None`: the one whose image is of the same repository.
    pub(crate) container: Option<String>,
    pub(crate) strategy: Strategy,
    /// Raises a desired count of 0 to this; `None`: a service that is not running is left so.
    pub(crate) start: Option<u32>,
    pub(crate) if_busy: IfBusy,
    pub(crate) request: ServiceRequest,
    /// Plan and preflight only.
    pub(crate) dry_run: bool,
    /// Of the local target: the container's port to publish.
    pub(crate) port: Option<u16>,
}

/// What every verb that changes a service is told.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct ServiceRequest {
    pub(crate) until: Until,
    pub(crate) timeout_secs: u64,
    pub(crate) on_failure: RollbackChoice,
    pub(crate) on_timeout: RollbackChoice,
    pub(crate) on_mismatch: RollbackChoice,
    pub(crate) on_pause: OnPause,
    pub(crate) superseded: Superseded,
    /// Where no digest is told anywhere, the end counts as good all the same.
    pub(crate) accept_unverified: bool,
}

impl Default for ServiceRequest {
    fn default() -> Self {
        ServiceRequest {
            until: Until::Completed,
            timeout_secs: 1800,
            on_failure: RollbackChoice::Leave,
            on_timeout: RollbackChoice::Leave,
            on_mismatch: RollbackChoice::Leave,
            on_pause: OnPause::Wait,
            superseded: Superseded::Follow,
            accept_unverified: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Strategy {
    /// A new deployment of the service's own definition, whose tag has been pushed anew.
    #[default]
    Restart,
    /// A copy of the definition with the image by its digest.
    Pin,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Until {
    /// The rollout is over.
    #[default]
    Completed,
    /// As many tasks of ours as wanted run and are healthy; the old ones may still be draining.
    Healthy,
    /// The update has landed; nothing is verified.
    Started,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RollbackChoice {
    #[default]
    Leave,
    Rollback,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnPause {
    #[default]
    Wait,
    Exit,
    Continue,
    Rollback,
}

/// While another deployment of the service is under way.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfBusy {
    #[default]
    Proceed,
    Wait,
    Fail,
}

/// When a newer deployment takes the place of ours.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Superseded {
    /// Followed where it carries our digest too; else the end is `superseded`.
    #[default]
    Follow,
    Fail,
}

/// `baws-ci run-task`
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct OneOffRequest {
    /// As in [`DeployRequest`]: with it a copy of the definition is registered, with the image by its digest.
    pub(crate) image: Option<String>,
    pub(crate) container: Option<String>,
    /// Empty: the image's own.
    pub(crate) command: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) timeout_secs: u64,
    /// A name for this one run, so that a second call of the same follows the first; `None`: a new one.
    pub(crate) token: Option<String>,
}
