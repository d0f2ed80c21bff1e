//! `status`: what runs now, once or until no deployment is under way.

use super::place::{Place, Seen, TaskSelection};
use super::preflight;
use super::status::{Status, StatusContainer, StatusDeployment, StatusTask};
use super::tell;
use super::work::{Ended, LONGEST_TEXT, Work};
use crate::rollout::{
    Deployment, DeploymentStatus, Event, RolloutState, ServiceStatus, Task, clean,
};

const MOST_EVENTS: usize = 5;
/// As many as a page of a terminal may hold; the digests are those of all.
const MOST_TASKS: usize = 200;

pub(super) async fn status<P: Place>(work: &Work<'_, P>, watch: bool) -> Result<Status, Ended> {
    let mut now = once(work).await?;
    while watch && now.is_busy() {
        work.pause().await;
        let next = once(work).await?;
        for line in tell::status_changes(&now, &next) {
            work.status(line);
        }
        now = next;
    }
    Ok(now)
}

async fn once<P: Place>(work: &Work<'_, P>) -> Result<Status, Ended> {
    let Some(Seen { service, at }) = work.place.service().await? else {
        return Err(preflight::missing(work));
    };
    let mut status = Status {
        target: work.target.to_string(),
        service_arn: service.arn.clone(),
        at,
        state: match &service.status {
            ServiceStatus::Active => "active".to_owned(),
            ServiceStatus::Draining => "draining".to_owned(),
            ServiceStatus::Inactive => "inactive".to_owned(),
            ServiceStatus::Other(other) => clean(other, 40).to_lowercase(),
        },
        desired: service.desired,
        running: service.running,
        pending: service.pending,
        task_definition: service.task_definition.clone(),
        deployments: service.deployments.iter().map(deployment).collect(),
        events: events(&service.events),
        ..Status::default()
    };
    status
        .deployments
        .sort_by_key(|one| std::cmp::Reverse(one.created_at));
    match work.place.tasks(TaskSelection::Running).await {
        Ok(mut tasks) => {
            tasks.sort_by(|one, other| one.arn.cmp(&other.arn));
            let digests = tasks
                .iter()
                .flat_map(|task| &task.containers)
                .filter_map(|one| one.image_digest.clone());
            status.digests = digests.collect();
            status.digests.sort();
            status.digests.dedup();
            status.tasks = tasks.iter().take(MOST_TASKS).map(task).collect();
        }
        Err(trouble) => {
            let note = format!("its tasks are not known: {}", trouble.error);
            status.notes.push(clean(&note, LONGEST_TEXT));
        }
    }
    Ok(status)
}

fn deployment(from: &Deployment) -> StatusDeployment {
    StatusDeployment {
        id: clean(&from.id, 80),
        status: match &from.status {
            DeploymentStatus::Primary => "primary".to_owned(),
            DeploymentStatus::Active => "active".to_owned(),
            DeploymentStatus::Inactive => "inactive".to_owned(),
            DeploymentStatus::Other(other) => clean(other, 40).to_lowercase(),
        },
        rollout: from.rollout.as_ref().map(|state| match state {
            RolloutState::InProgress => "in_progress".to_owned(),
            RolloutState::Completed => "completed".to_owned(),
            RolloutState::Failed => "failed".to_owned(),
            RolloutState::Other(other) => clean(other, 40).to_lowercase(),
        }),
        reason: clean(&from.rollout_reason, LONGEST_TEXT),
        task_definition: from.task_definition.clone(),
        desired: from.desired,
        running: from.running,
        pending: from.pending,
        failed_tasks: from.failed_tasks,
        created_at: from.created_at,
    }
}

fn task(from: &Task) -> StatusTask {
    StatusTask {
        task: clean(from.id(), 80),
        status: clean(&from.last_status, 40),
        health: from.health,
        deployment_id: clean(&from.started_by, 80),
        containers: from
            .containers
            .iter()
            .map(|one| StatusContainer {
                name: clean(&one.name, 80),
                image: clean(&one.image, 300),
                digest: one.image_digest.clone(),
            })
            .collect(),
        started_at: from.started_at,
    }
}

/// The last ones, oldest first.
fn events(all: &[Event]) -> Vec<Event> {
    let mut last: Vec<Event> = all
        .iter()
        .take(MOST_EVENTS)
        .map(|one| Event {
            id: clean(&one.id, 80),
            at: one.at,
            message: clean(&one.message, LONGEST_TEXT),
        })
        .collect();
    last.reverse();
    last
}
