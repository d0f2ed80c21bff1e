//! Who a job is on this host, and every Docker name, label and directory that follows from it.
//!
//! Pure: the same identity gives the same names in every stage, so no state file is needed and cleanup finds all.
//! Refuses forged facts: a pipeline may set any variable, `CI_JOB_ID` too; what it set itself is not believed.

use std::fmt::{self, Display};

use crate::digest::digest;
use crate::env::{self, Var};
use crate::error::{Error, Result};
use crate::job::{JobResponse, Protection};

/// The label that holds a container's [`Role`].
pub(crate) const ROLE_LABEL: &str = "baws-ci.role";

/// Our own labels; the runner's (`com.gitlab.gitlab-runner.*`) are set beside them so that existing tooling works.
pub(crate) mod label {
    /// The job's key: the one thing cleanup asks for.
    pub(crate) const JOB: &str = "baws-ci.job";
    /// The runner process that gave the job, see `executor::owner`.
    pub(crate) const OWNER: &str = "baws-ci.owner";
    /// Unix seconds after which the job cannot be alive any more.
    pub(crate) const DEADLINE: &str = "baws-ci.deadline";
    /// Of a volume that outlives its job: what for.
    pub(crate) const KEPT: &str = "baws-ci.volume";
    /// Of an image that a job's build made, unless no labels were asked for: the job's page; OCI has no name for it.
    pub(crate) const JOB_URL: &str = "baws-ci.job-url";
}

/// What a container is in its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Helper,
    Build,
    Service(usize),
}

impl Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Helper => f.write_str("helper"),
            Role::Build => f.write_str("build"),
            Role::Service(n) => write!(f, "service-{n}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    job_id: u64,
    runner: String,
    /// Which of the runner's concurrent jobs of this project this is.
    slot: u32,
}

/// Variables the runner gives and the identity rests on; a pipeline that sets one itself is refused by the policy.
pub(crate) const RUNNERS_OWN: [&str; 2] = ["CI_RUNNER_SHORT_TOKEN", "CI_CONCURRENT_PROJECT_ID"];

impl Identity {
    /// The identity as whoever gives the job knows it.
    pub(crate) fn new(job_id: u64, runner: &str, slot: u32) -> Self {
        Identity {
            job_id,
            runner: runner.to_owned(),
            slot,
        }
    }

    /// The identity of the job that `job` describes.
    pub(crate) fn of(job: &JobResponse) -> Self {
        let believed = |name: &str| env::job_variable(name).filter(|_| !job.sets_variable(name));
        Identity {
            job_id: job.id,
            runner: believed(RUNNERS_OWN[0]).unwrap_or_default(),
            slot: believed(RUNNERS_OWN[1])
                .and_then(|slot| slot.parse().ok())
                .unwrap_or(0),
        }
    }

    /// The identity in a stage that must work without the job response, which may never have been written.
    ///
    /// # Errors
    /// Neither the response nor `CUSTOM_ENV_CI_JOB_ID` is there.
    pub(crate) fn from_environment() -> Result<Self> {
        if let Some(path) = Var::JobResponseFile.path()
            && let Ok(job) = JobResponse::read(&path)
        {
            return Ok(Identity::of(&job));
        }
        let job_id = env::job_variable("CI_JOB_ID")
            .and_then(|id| id.parse().ok())
            .ok_or_else(by_hand)?;
        let slot = env::job_variable(RUNNERS_OWN[1])
            .and_then(|slot| slot.parse().ok())
            .unwrap_or(0);
        Ok(Identity {
            job_id,
            runner: env::job_variable(RUNNERS_OWN[0]).unwrap_or_default(),
            slot,
        })
    }

    /// `<8 hex of the runner>-<job id>`: job ids are unique in one GitLab only, and one host may serve several.
    pub(crate) fn key(&self) -> String {
        format!("{}-{}", &digest([&self.runner])[..8], self.job_id)
    }

    pub(crate) fn container(&self, role: Role) -> String {
        format!("baws-{}-{role}", self.key())
    }

    pub(crate) fn network(&self) -> String {
        format!("baws-{}", self.key())
    }

    /// A builds volume that ends with the job.
    pub(crate) fn job_volume(&self) -> String {
        format!("baws-{}-builds", self.key())
    }

    /// A volume that outlives the job: one for each runner, project, slot and side of protection, so that two running
    /// jobs never meet in it and an unprotected ref never touches what a protected one will use.
    pub(crate) fn kept_volume(&self, purpose: &str, job: &JobResponse) -> String {
        let side = &Protection::of(job).to_string();
        let (project, slot) = (job.job_info.project_id.to_string(), self.slot.to_string());
        format!(
            "baws-{purpose}-{}-{side}",
            &digest([&self.runner, &project, &slot, side])[..16]
        )
    }

    /// Tells what a project has on this host apart, by runner, project and side of protection: 16 hex digits. Images and
    /// cached layers under one key are never seen under another.
    pub(crate) fn side_key(&self, job: &JobResponse) -> String {
        let project = job.job_info.project_id.to_string();
        let side = &Protection::of(job).to_string();
        digest(["side", &self.runner, &project, side])[..16].to_owned()
    }

    /// The host name of the job's containers, as the docker executor gives it.
    pub(crate) fn host_name(&self, job: &JobResponse) -> String {
        let short: String = self
            .runner
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(9)
            .collect::<String>()
            .to_lowercase();
        let short = if short.is_empty() {
            "local".to_owned()
        } else {
            short
        };
        format!(
            "runner-{short}-project-{}-concurrent-{}",
            job.job_info.project_id, self.slot
        )
    }
}

/// The environment is not the one that gitlab-runner gives.
pub(crate) fn by_hand() -> Error {
    Error::usage("the runner's environment is missing: neither JOB_RESPONSE_FILE nor CUSTOM_ENV_CI_JOB_ID is set")
        .hint("`baws-ci executor` is called by gitlab-runner (`executor = \"custom\"`); to run a pipeline by hand use `baws-ci local`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(protected: &str) -> JobResponse {
        let text = format!(
            r#"{{"id":9,"job_info":{{"project_id":3}},"git_info":{{"protected":{protected}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn identity(runner: &str, slot: u32) -> Identity {
        Identity {
            job_id: 9,
            runner: runner.to_owned(),
            slot,
        }
    }

    #[test]
    fn a_kept_volume_is_never_shared_across_slots_runners_or_protection() {
        let mut names = vec![
            identity("a", 0).kept_volume("cache", &job("true")),
            identity("a", 0).kept_volume("cache", &job("false")),
            identity("a", 1).kept_volume("cache", &job("false")),
            identity("b", 0).kept_volume("cache", &job("false")),
            identity("a", 0).kept_volume("builds", &job("false")),
        ];
        assert_eq!(
            identity("a", 0).kept_volume("cache", &job("null")),
            names[1]
        );
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 5);
    }

    #[test]
    fn names_derive_from_the_job_alone() {
        let id = identity("bench0123", 0);
        assert_eq!(
            id.container(Role::Service(2)),
            format!("baws-{}-service-2", id.key())
        );
        assert_eq!(
            id.host_name(&job("true")),
            "runner-bench0123-project-3-concurrent-0"
        );
        assert_ne!(id.key(), identity("other", 0).key());
    }
}
