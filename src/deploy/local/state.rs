//! From the containers of a service to how ECS would tell it. Pure.

use super::names::Labels;
use crate::docker::{Found, Health as DockerHealth};
use crate::rollout::{
    At, Breaker, Container, Deployment, DeploymentStatus, Health, RolloutState, Service, StopCode,
    Task,
};

/// One container, with what it says of itself.
#[derive(Clone, Debug)]
pub(super) struct Deployed {
    pub(super) container: String,
    pub(super) labels: Labels,
    pub(super) found: Found,
}

/// All containers of a service.
#[derive(Clone, Debug)]
pub(super) struct Stands {
    name: String,
    /// Newest first.
    all: Vec<Deployed>,
    is_off: bool,
}

/// How the newest deployment goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Going {
    /// It bears the service's name.
    Stands,
    /// It runs, and its health is not known to be good yet.
    Starting,
    Healthy,
    /// It has ended, or is sick.
    Failed,
}

impl Stands {
    pub(super) fn of(name: &str, mut all: Vec<Deployed>, is_off: bool) -> Self {
        all.sort_by_key(|one| std::cmp::Reverse(one.labels.number));
        Stands {
            name: name.to_owned(),
            all,
            is_off,
        }
    }

    pub(super) fn newest(&self) -> Option<&Deployed> {
        self.all.first()
    }

    /// The one that bears the service's name.
    pub(super) fn standing(&self) -> Option<&Deployed> {
        self.all.iter().find(|one| one.container == self.name)
    }

    pub(super) fn newest_revision(&self) -> u32 {
        let revisions = self.all.iter().map(|one| one.labels.revision());
        revisions.max().unwrap_or(0)
    }

    pub(super) fn definition(&self, arn: &str) -> Option<serde_json::Value> {
        let found = self
            .all
            .iter()
            .find(|one| one.labels.definition_arn() == arn)?;
        Some(found.labels.definition.clone())
    }

    /// Whether a container that never stood has been replaced or has failed, and those beyond what is kept.
    pub(super) fn superfluous(&self, kept: usize) -> Vec<String> {
        let standing = self.standing().map_or(0, |one| one.labels.number);
        let failed = self.all.iter().filter(|one| {
            one.container != self.name && one.labels.number > standing && !one.found.running
        });
        let old = self
            .all
            .iter()
            .filter(|one| one.container != self.name && one.labels.number < standing);
        failed
            .skip(1)
            .chain(old.skip(kept))
            .map(|one| one.container.clone())
            .collect()
    }

    /// Whether one is to run.
    pub(super) fn desired(&self) -> u32 {
        u32::from(!self.is_off)
    }

    /// `is_settled`: it has run for long enough, and answers where it is to answer.
    pub(super) fn going(&self, is_settled: bool) -> Option<Going> {
        let newest = self.newest()?;
        if newest.container == self.name {
            return Some(Going::Stands);
        }
        if self
            .standing()
            .is_some_and(|one| one.labels.number > newest.labels.number)
        {
            return Some(Going::Stands);
        }
        if !newest.found.running {
            return Some(Going::Failed);
        }
        Some(match newest.found.health {
            DockerHealth::Unhealthy => Going::Failed,
            DockerHealth::Healthy => Going::Healthy,
            DockerHealth::Unknown if is_settled => Going::Healthy,
            DockerHealth::Starting | DockerHealth::Unknown => Going::Starting,
        })
    }

    /// As `DescribeServices` would tell it; `None`: nothing was ever deployed.
    pub(super) fn service(&self, going: Going) -> Option<Service> {
        let newest = self.newest()?;
        let standing = self.standing();
        let failed = (going == Going::Failed).then_some(newest);
        let mut deployments = Vec::new();
        match (going, standing) {
            (Going::Failed, Some(standing)) => {
                let mut old = self.deployment(standing, DeploymentStatus::Primary);
                old.rollout = Some(RolloutState::Completed);
                old.rollout_reason = format!(
                    "rolling back from {}: {}; what ran before was kept",
                    newest.labels.id(),
                    why(&newest.found)
                );
                deployments.push(old);
                let mut own = self.deployment(newest, DeploymentStatus::Active);
                own.rollout = Some(RolloutState::Failed);
                own.rollout_reason = why(&newest.found);
                deployments.push(own);
            }
            (Going::Failed, None) => {
                let mut own = self.deployment(newest, DeploymentStatus::Primary);
                own.rollout = Some(RolloutState::Failed);
                own.rollout_reason = why(&newest.found);
                deployments.push(own);
            }
            (Going::Starting | Going::Healthy, _) => {
                let mut own = self.deployment(newest, DeploymentStatus::Primary);
                own.rollout = Some(RolloutState::InProgress);
                deployments.push(own);
                if let Some(standing) = standing {
                    deployments.push(self.deployment(standing, DeploymentStatus::Active));
                }
            }
            (Going::Stands, _) => {
                let one = standing.unwrap_or(newest);
                let mut own = self.deployment(one, DeploymentStatus::Primary);
                own.rollout = Some(RolloutState::Completed);
                deployments.push(own);
            }
        }
        let primary = deployments.first()?.clone();
        let running = deployments.iter().map(|one| one.running).sum();
        Some(Service {
            name: self.name.clone(),
            cluster_arn: "local".to_owned(),
            desired: self.desired(),
            running,
            pending: deployments.iter().map(|one| one.pending).sum(),
            task_definition: failed
                .and(standing)
                .map_or(primary.task_definition, |one| one.labels.definition_arn()),
            deployments,
            // What stood is kept where the new one fails.
            breaker: Breaker::Rollback,
            ..Service::default()
        })
    }

    fn deployment(&self, one: &Deployed, status: DeploymentStatus) -> Deployment {
        let is_new = one.container != self.name;
        let began = At(i64::try_from(one.labels.number).unwrap_or(0));
        let is_pending = is_new && one.found.running && one.found.health == DockerHealth::Starting;
        Deployment {
            id: one.labels.id(),
            desired: match status {
                DeploymentStatus::Primary => self.desired(),
                DeploymentStatus::Active
                | DeploymentStatus::Inactive
                | DeploymentStatus::Other(_) => 0,
            },
            status,
            task_definition: one.labels.definition_arn(),
            pending: u32::from(is_pending),
            running: u32::from(one.found.running && !is_pending),
            failed_tasks: u32::from(is_new && !one.found.running),
            created_at: began,
            updated_at: began,
            rollout: None,
            rollout_reason: String::new(),
        }
    }

    /// Containers as tasks; `digest_of` tells an image's digest by its container.
    pub(super) fn tasks(&self, is_running: bool, digest_of: impl Fn(&str) -> String) -> Vec<Task> {
        self.all
            .iter()
            .filter(|one| one.found.running == is_running)
            .filter(|one| is_running || self.is_failure(one))
            .map(|one| task(&self.name, one, digest_of(&one.container)))
            .collect()
    }

    /// Stopped by itself, before it ever stood or while it did.
    fn is_failure(&self, one: &Deployed) -> bool {
        if one.container == self.name {
            return !self.is_off;
        }
        let standing = self.standing().map_or(0, |one| one.labels.number);
        one.labels.number > standing
    }

    pub(super) fn each(&self) -> &[Deployed] {
        &self.all
    }
}

fn task(service: &str, one: &Deployed, digest: String) -> Task {
    let health = match one.found.health {
        DockerHealth::Healthy => Health::Healthy,
        DockerHealth::Unhealthy => Health::Unhealthy,
        DockerHealth::Unknown | DockerHealth::Starting => Health::Unknown,
    };
    let began = At(i64::try_from(one.labels.number).unwrap_or(0));
    let stopped = !one.found.running;
    Task {
        arn: format!("local/{}", one.container),
        task_definition: one.labels.definition_arn(),
        started_by: one.labels.id(),
        last_status: status(&one.found).to_owned(),
        desired_status: status(&one.found).to_owned(),
        health,
        stop_code: stopped.then(|| match one.found.was_started() {
            true => StopCode::EssentialContainerExited,
            false => StopCode::TaskFailedToStart,
        }),
        stopped_reason: if stopped {
            why(&one.found)
        } else {
            String::new()
        },
        containers: vec![Container {
            name: service.to_owned(),
            image: one.labels.image(),
            image_digest: Some(digest),
            last_status: status(&one.found).to_owned(),
            exit_code: stopped
                .then(|| i32::try_from(one.found.exit_code).ok())
                .flatten(),
            reason: reason(&one.found),
            health,
        }],
        created_at: began,
        started_at: Some(began),
        stopped_at: stopped.then_some(began),
    }
}

/// In ECS's words.
pub(super) fn status(found: &Found) -> &'static str {
    match found.running {
        true => "RUNNING",
        false => "STOPPED",
    }
}

/// What the engine says of a container's end; of memory in ECS's words.
pub(super) fn reason(found: &Found) -> String {
    match found.oom_killed {
        true => "OutOfMemoryError: container killed due to memory usage".to_owned(),
        false => found.error.clone(),
    }
}

/// Why a container does not run.
fn why(found: &Found) -> String {
    if found.running {
        return "its health check failed".to_owned();
    }
    match found.was_started() {
        true => format!("its container ended with exit code {}", found.exit_code),
        false => "its container could not be started".to_owned(),
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
