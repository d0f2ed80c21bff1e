//! What came of work on one service, for machines: `baws-ci/deployment/1`.

use serde::{Deserialize, Serialize};

use super::end::Outcome;
use super::request::Target;
use crate::rollout::{At, Event, StopCode};

/// The result. Texts of others are clean: no control characters.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Deployed {
    pub(crate) outcome: Outcome,
    /// As the process will exit for this one.
    pub(crate) exit_code: u8,
    /// `deploy`, `restart`, …
    pub(crate) verb: String,
    /// As [`super::Target`] displays it.
    pub(crate) target: String,
    pub(crate) service_arn: String,
    pub(crate) cluster: String,
    pub(crate) service: String,
    pub(crate) strategy: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) container: Option<String>,
    /// `ecs-svc/<number>`
    pub(crate) deployment_id: Option<String>,
    pub(crate) service_deployment_arn: Option<String>,
    pub(crate) task_definition_before: Option<String>,
    pub(crate) task_definition_after: Option<String>,
    pub(crate) desired: u32,
    /// Tasks of this deployment that run a wanted digest.
    pub(crate) running: u32,
    pub(crate) digests_expected: Vec<String>,
    /// On tasks of this deployment, or of its revision where tasks tell none.
    pub(crate) digests_observed: Vec<String>,
    pub(crate) verified: Verified,
    /// An update whose answer was lost turned out to have landed.
    pub(crate) adopted: bool,
    /// A deployment that was under way already was followed.
    pub(crate) followed: bool,
    pub(crate) phases: Vec<Phase>,
    pub(crate) took_ms: u64,
    /// When the work began, by the server's clock; 0: it never answered.
    pub(crate) began_at: At,
    /// Calls that were made for this service.
    pub(crate) calls: u64,
    pub(crate) superseded_by: Option<SupersededBy>,
    pub(crate) rollback: Option<RolledBack>,
    pub(crate) stopped_tasks: Vec<StoppedTask>,
    /// Of the time of this deployment, oldest first.
    pub(crate) events: Vec<Event>,
    /// Alarms that ended it.
    pub(crate) alarms: Vec<String>,
    /// In one sentence, why it ended as it did.
    pub(crate) reason: Option<String>,
    /// Whose turn it is, and what to do.
    pub(crate) hints: Vec<String>,
    /// Of a one-off task.
    pub(crate) container_exit_code: Option<i32>,
    /// Lines that a one-off task wrote.
    pub(crate) log: Vec<String>,
    pub(crate) url: Option<String>,
    /// What was seen, on change: the picture of the rollout.
    pub(crate) timeline: Vec<Moment>,
    pub(crate) notes: Vec<String>,
}

impl Deployed {
    /// Nothing known yet but what was to be done, and where.
    pub(crate) fn of(verb: &str, target: &Target) -> Self {
        let (service_arn, cluster, service) = match target {
            Target::Ecs(arn) => (
                arn.to_string(),
                arn.cluster().to_owned(),
                arn.service().to_owned(),
            ),
            Target::Local { name } => (String::new(), "local".to_owned(), name.clone()),
        };
        Deployed {
            verb: verb.to_owned(),
            target: target.to_string(),
            service_arn,
            cluster,
            service,
            ..Deployed::default()
        }
    }

    /// The end, and with it the exit code.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.outcome = outcome;
        self.exit_code = outcome.class().map_or(0, crate::error::Class::code);
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verified {
    /// Every task that counts runs an expected digest.
    Yes,
    No,
    /// Nobody told digests.
    #[default]
    Unknown,
    /// Nothing was asked for, or nothing runs.
    NotAsked,
}

/// `preflight`, `start`, `rolling`, `paused`, `rolling_back`, `verifying`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Phase {
    pub(crate) name: String,
    pub(crate) began_ms: u64,
    pub(crate) took_ms: u64,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct SupersededBy {
    pub(crate) deployment_id: String,
    pub(crate) task_definition: String,
    pub(crate) digest: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct RolledBack {
    pub(crate) reason: String,
    /// What it went back to: a task definition's ARN, where that is told.
    pub(crate) to: Option<String>,
    /// By us, as was asked for; else by ECS.
    pub(crate) ours: bool,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct StoppedTask {
    pub(crate) task: String,
    pub(crate) container: Option<String>,
    pub(crate) stop_code: Option<StopCode>,
    pub(crate) reason: String,
    pub(crate) exit_code: Option<i32>,
    /// Its last lines, oldest first.
    pub(crate) log: Vec<String>,
}

/// What stood at one moment, recorded when something changed.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Moment {
    pub(crate) after_ms: u64,
    /// State of the machine, as in `judge`.
    pub(crate) state: String,
    /// Tasks of ours.
    pub(crate) running: u32,
    pub(crate) pending: u32,
    pub(crate) failed: u32,
    pub(crate) desired: u32,
    /// Tasks of other deployments that still run.
    pub(crate) others: u32,
}
