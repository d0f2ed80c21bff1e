//! What shows why a deployment did not go well: its stopped tasks with their last lines, events, alarms. Gathered while it
//! is there: ECS keeps stopped tasks for about an hour.

use super::expected::Expected;
use super::place::{Place, TaskSelection, Trouble};
use super::result::StoppedTask;
use super::work::{LONGEST_TEXT, Work};
use crate::rollout::{
    Container, Definition, Event, Revision, Service, ServiceDeployment, StopCode, Task, clean,
};

const MOST_TASKS: usize = 5;
const LOG_LINES: u32 = 20;
const LONGEST_LINE: usize = 400;
const MOST_EVENTS: usize = 30;

/// Tasks of this deployment that failed by themselves, newest first. Not counted: what somebody stopped, and what the
/// infrastructure took.
pub(super) async fn failed<P: Place>(work: &Work<'_, P>, id: &str) -> Result<Vec<Task>, Trouble> {
    let mut tasks = work.place.tasks(TaskSelection::Stopped).await?;
    tasks.retain(|task| task.started_by == id && is_failure(task));
    tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at));
    Ok(tasks)
}

/// Source: ECS API reference, `Task`, `stopCode`. A failing health check has no code of its own.
fn is_failure(task: &Task) -> bool {
    match &task.stop_code {
        Some(StopCode::TaskFailedToStart | StopCode::EssentialContainerExited) => true,
        Some(StopCode::ServiceSchedulerInitiated) => {
            task.stopped_reason.to_lowercase().contains("health check")
        }
        Some(
            StopCode::UserInitiated
            | StopCode::SpotInterruption
            | StopCode::TerminationNotice
            | StopCode::InfrastructureHealth
            | StopCode::Other(_),
        )
        | None => false,
    }
}

/// Puts all of it into the result; what cannot be read is noted, and the rest told.
pub(super) async fn gather<P: Place>(
    work: &Work<'_, P>,
    id: &str,
    service: Option<&Service>,
    deployment: Option<&ServiceDeployment>,
) {
    if let Some(service) = service {
        let since = work.so_far.write(|known| known.began_at);
        let events = since_then(&service.events, since.0);
        work.so_far.write(|known| known.events = events);
    }
    if let Some(deployment) = deployment {
        let alarms = &deployment.triggered_alarms;
        let alarms = alarms.iter().map(|one| clean(one, 200)).collect();
        work.so_far.write(|known| known.alarms = alarms);
    }
    let tasks = match failed(work, id).await {
        Ok(tasks) => tasks,
        Err(trouble) => {
            work.note(format!("stopped tasks are not known: {}", trouble.error));
            return;
        }
    };
    let mut told = Vec::new();
    for task in tasks.iter().take(MOST_TASKS) {
        told.push(stopped(work, task).await);
    }
    work.so_far.write(|known| known.stopped_tasks = told);
}

/// Oldest first.
fn since_then(events: &[Event], since: i64) -> Vec<Event> {
    let mut found: Vec<Event> = events
        .iter()
        .filter(|event| event.at.0 >= since)
        .take(MOST_EVENTS)
        .map(|event| Event {
            id: clean(&event.id, 80),
            at: event.at,
            message: clean(&event.message, LONGEST_TEXT),
        })
        .collect();
    found.reverse();
    found
}

/// The task, with the container that ended it and its last lines.
async fn stopped<P: Place>(work: &Work<'_, P>, task: &Task) -> StoppedTask {
    let container = guilty(task);
    let log = match container {
        Some(container) => lines(work, task, &container.name, LOG_LINES).await,
        None => Vec::new(),
    };
    StoppedTask {
        task: clean(task.id(), 80),
        container: container.map(|one| clean(&one.name, 80)),
        stop_code: task.stop_code.clone(),
        reason: reasons(task, container),
        exit_code: container.and_then(|one| one.exit_code),
        log,
    }
}

/// The words of the container and of the task, each once.
pub(super) fn reasons(task: &Task, container: Option<&Container>) -> String {
    let of_container = container.map(|one| one.reason.as_str()).unwrap_or_default();
    let mut reasons: Vec<String> = Vec::new();
    for text in [of_container, task.stopped_reason.as_str()] {
        let text = clean(text, LONGEST_TEXT);
        if !text.is_empty() && !reasons.contains(&text) {
            reasons.push(text);
        }
    }
    reasons.join("; ")
}

/// The container that did not end well, else the one that ended.
fn guilty(task: &Task) -> Option<&Container> {
    let failed = |one: &&Container| one.exit_code.is_some_and(|code| code != 0);
    let spoke = |one: &&Container| !one.reason.is_empty();
    task.containers
        .iter()
        .find(failed)
        .or_else(|| task.containers.iter().find(spoke))
        .or_else(|| task.containers.iter().find(|one| one.exit_code.is_some()))
        .or_else(|| task.containers.first())
}

/// The last lines of a container; none where its log is not in CloudWatch Logs or cannot be read.
pub(super) async fn lines<P: Place>(
    work: &Work<'_, P>,
    task: &Task,
    container: &str,
    most: u32,
) -> Vec<String> {
    let Ok(definition) = work.place.definition(&task.task_definition).await else {
        return Vec::new();
    };
    lines_by(work, &definition, task.id(), container, most).await
}

pub(super) async fn lines_by<P: Place>(
    work: &Work<'_, P>,
    definition: &Definition,
    task_id: &str,
    container: &str,
    most: u32,
) -> Vec<String> {
    let Some(logs) = definition.logs(container) else {
        return Vec::new();
    };
    match work.place.log(&logs, container, task_id, most).await {
        Ok(lines) => lines.iter().map(|one| clean(one, LONGEST_LINE)).collect(),
        Err(trouble) => {
            work.note(format!("the log is not known: {}", trouble.error));
            Vec::new()
        }
    }
}

/// Digests that ECS has resolved and that were not wanted.
pub(super) fn resolved<P: Place>(work: &Work<'_, P>, revision: &Revision, expected: &Expected) {
    let digests = revision
        .images
        .iter()
        .filter(|one| expected.matters(&one.container))
        .filter_map(|one| one.digest.clone())
        .collect();
    work.so_far.write(|known| known.digests_observed = digests);
}
