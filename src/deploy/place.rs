//! Where a service runs, as the calls that a deployment makes: ECS, or this machine's engine.
//!
//! Every call is about one service. The place keeps to its own limits of calls a second; callers say only when they want
//! to look again. Time is the place's too, so that nothing here waits by itself.

use std::time::Duration;

use serde_json::Value;

use crate::error::Error;
use crate::rollout::{At, Definition, Logs, Revision, Service, ServiceDeployment, Task};
pub(crate) use crate::rollout::{Digests, HookAnswer, OneOff, TaskSelection, Update};

pub(crate) type Answered<T> = std::result::Result<T, Trouble>;

/// One service, in its place.
///
/// Reads may lag behind writes. Transient failures of reads are tried again inside, within the call's own few seconds;
/// what comes out as [`TroubleKind::Unavailable`] or `Throttled` has outlasted that.
pub(crate) trait Place {
    /// Since the work began, by this host's clock; for time-outs and durations only.
    fn now(&self) -> Duration;

    async fn wait(&self, how_long: Duration);

    /// How many calls were made for this service; 0: nobody counts.
    fn calls(&self) -> u64 {
        0
    }

    /// `None`: there is no such service (or no such cluster).
    async fn service(&self) -> Answered<Option<Seen>>;

    async fn definition(&self, arn: &str) -> Answered<Definition>;

    /// Registers a definition and tells its ARN. Not idempotent: a second call makes a second revision.
    async fn register(&self, definition: &Value) -> Answered<String>;

    /// `UpdateService`, sent once. Not idempotent: where the trouble is `Unknown`, it may have landed.
    async fn update(&self, update: &Update) -> Answered<Service>;

    /// Those that were created at `since` or later, newest first, described in full.
    async fn service_deployments(&self, since: At) -> Answered<Vec<ServiceDeployment>>;

    async fn service_deployment(&self, arn: &str) -> Answered<Option<ServiceDeployment>>;

    async fn revision(&self, arn: &str) -> Answered<Option<Revision>>;

    /// All of the service's, however many pages.
    async fn tasks(&self, which: TaskSelection) -> Answered<Vec<Task>>;

    /// `StopServiceDeployment` with `ROLLBACK`.
    async fn roll_back(&self, service_deployment: &str) -> Answered<()>;

    /// `ContinueServiceDeployment`.
    async fn answer_hook(
        &self,
        service_deployment: &str,
        hook: &str,
        answer: HookAnswer,
    ) -> Answered<()>;

    /// The last lines that a task's container wrote, oldest first; empty where there are none.
    async fn log(
        &self,
        logs: &Logs,
        container: &str,
        task_id: &str,
        lines: u32,
    ) -> Answered<Vec<String>>;

    /// What an image reference (`repository:tag` or `repository@sha256:…`) means in its registry now; `None`: nothing there.
    async fn digests(&self, image: &str) -> Answered<Option<Digests>>;

    /// Starts one task and tells it. With a client token, so that it is started once.
    async fn run(&self, task: &OneOff) -> Answered<Task>;

    /// A task by its ARN, whoever started it.
    async fn task(&self, arn: &str) -> Answered<Option<Task>>;

    async fn stop_task(&self, arn: &str, reason: &str) -> Answered<()>;
}

/// A service, and the server's clock when it was read (the answer's `Date`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) service: Service,
    pub(crate) at: At,
}

/// A call that did not give what it was to give.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) kind: TroubleKind,
    /// For people: what could not be done, the other side's words, whose turn it is.
    pub(crate) error: Error,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TroubleKind {
    /// A policy, or credentials: the same call will be refused again.
    Denied,
    /// Not taken, because of too many calls: certainly without effect.
    Throttled,
    /// Never reached the other side: certainly without effect.
    NotSent,
    /// A write whose answer was lost or was the server's own failure: it may have had its effect.
    Unknown,
    /// A read that failed for now.
    Unavailable,
    NotFound,
    /// The other side does not offer this call, or not for this service.
    Unsupported,
    /// The call itself is wrong.
    Invalid,
    Other,
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Error {
        trouble.error
    }
}
