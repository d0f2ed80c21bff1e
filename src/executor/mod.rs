//! The four stages of the custom executor, and `sweep`.
//!
//! Each is a process of its own; some are skipped, repeated or killed, so Docker's names and labels are the memory.
//! Refuses to call anything a build failure but the script's own status and an explicit refusal: the job's author must
//! never be blamed for the machine. Source of the contract: gitlab-runner `executors/custom`.
//! Read next: `plan` (pure: what a job's containers are), `prepare`, `run`, `cleanup`; `place` (directories on the host).

mod claim;
mod cleanup;
mod codes;
mod config;
mod created;
mod ecr;
mod explain;
mod guard;
mod images;
mod labels;
mod live;
mod marks;
mod network;
mod notes;
mod order;
mod overheard;
mod owner;
mod place;
mod plan;
mod prepare;
mod pulling;
mod requests;
mod rescue;
mod room;
mod run;
mod services;
mod start;
mod sweep;
mod telling;
mod times;
mod turns;
mod volumes;
mod wipe;

pub(crate) use cleanup::cleanup;
pub(crate) use codes::{Outcome, RunnerCodes};
pub(crate) use config::config;
pub(crate) use explain::explain;
pub(crate) use guard::{guard, guard_stands};
pub(crate) use live::{LiveJob, live};
pub(crate) use place::USUAL_STATE;
pub(crate) use prepare::prepare;
pub(crate) use requests::{Standing, Visitor};
pub(crate) use run::run;
pub(crate) use start::start;
pub(crate) use sweep::sweep;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::env::{self, Var};
use crate::error::Result;
use crate::job::{Identity, JobResponse, by_hand};
use crate::settings::{MetadataGuard, OneOrMany, Settings};

/// A job in one of its stages.
struct Job {
    identity: Identity,
    response: JobResponse,
    variables: BTreeMap<String, String>,
}

impl Job {
    fn from_environment() -> Result<Self> {
        let path = Var::JobResponseFile.path().ok_or_else(by_hand)?;
        let response = JobResponse::read(&path)?;
        Ok(Job {
            identity: Identity::of(&response),
            response,
            variables: env::job_variables(),
        })
    }

    /// One of the runner's feature flags. Source: gitlab-runner `helpers/featureflags`; they arrive as job variables.
    fn flag(&self, name: &str) -> bool {
        self.variables
            .get(name)
            .is_some_and(|value| value == "true" || value == "1")
    }
}

/// Where the executor keeps what all jobs of this host share.
pub(crate) fn state(settings: &Settings) -> Result<PathBuf> {
    Ok(place::Place::of(&settings.executor)?.state_dir().to_owned())
}

/// The settings in force: where `local` drives, the caller is the operator and brings no registry.
fn in_force(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    if Var::DrivenByLocal.text().is_some() {
        let executor = &mut settings.executor;
        if matches!(&executor.docker.pull_policy, OneOrMany::One(policy) if policy == "always") {
            executor.docker.pull_policy = OneOrMany::One("if-not-present".to_owned());
        }
        if executor.docker.allowed_pull_policies.is_empty() {
            executor.docker.allowed_pull_policies = ["always", "if-not-present", "never"]
                .map(str::to_owned)
                .into();
        }
        if executor.metadata_guard == MetadataGuard::Required {
            executor.metadata_guard = MetadataGuard::Preferred;
        }
    }
    settings
}
