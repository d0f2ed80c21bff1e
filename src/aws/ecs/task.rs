//! Tasks: of a service, however many, and one by itself.

use aws_sdk_ecs::types;

use super::{at, maybe_at, named, text};
use crate::aws::{Aws, Failure};
use crate::rollout::{Container, Health, ServiceArn, StopCode, Task, TaskSelection};

/// In one call. Source: ECS API reference, `DescribeTasks`.
const MOST_DESCRIBED: usize = 100;

impl Aws {
    /// All tasks of a service whose desired status is this one.
    pub(crate) async fn tasks_of(
        &self,
        service: &ServiceArn,
        which: TaskSelection,
    ) -> Result<Vec<Task>, Failure> {
        let mut arns: Vec<String> = Vec::new();
        let mut page: Option<String> = None;
        loop {
            let answer = self
                .ecs
                .list_tasks()
                .cluster(service.cluster_arn())
                .service_name(service.service())
                .desired_status(match which {
                    TaskSelection::Running => types::DesiredStatus::Running,
                    TaskSelection::Stopped => types::DesiredStatus::Stopped,
                })
                .set_next_token(page)
                .send()
                .await
                .map_err(|error| {
                    let about = format!(
                        "{}/*",
                        service
                            .cluster_arn()
                            .replace(":cluster/", ":container-instance/")
                    );
                    let doing = format!("list the tasks of {}", named(service));
                    self.ecs_call("ListTasks", about, doing).failed(error)
                })?;
            arns.extend(answer.task_arns().iter().cloned());
            page = answer.next_token().map(str::to_owned);
            if page.is_none() {
                break;
            }
        }
        self.described_tasks(&service.cluster_arn(), &arns).await
    }

    /// A task by its ARN; `None`: it is not there, or not any more.
    pub(crate) async fn task(&self, cluster_arn: &str, arn: &str) -> Result<Option<Task>, Failure> {
        let found = self.described_tasks(cluster_arn, &[arn.to_owned()]).await?;
        Ok(found.into_iter().next())
    }

    async fn described_tasks(
        &self,
        cluster_arn: &str,
        arns: &[String],
    ) -> Result<Vec<Task>, Failure> {
        let mut found = Vec::with_capacity(arns.len());
        for arns in arns.chunks(MOST_DESCRIBED) {
            let answer = self
                .ecs
                .describe_tasks()
                .cluster(cluster_arn)
                .set_tasks(Some(arns.to_vec()))
                .send()
                .await
                .map_err(|error| {
                    let about = format!("{}/*", cluster_arn.replace(":cluster/", ":task/"));
                    self.ecs_call("DescribeTasks", about, "look at tasks")
                        .failed(error)
                })?;
            found.extend(answer.tasks().iter().map(task));
        }
        Ok(found)
    }

    pub(crate) async fn stop_task(
        &self,
        cluster_arn: &str,
        arn: &str,
        reason: &str,
    ) -> Result<(), Failure> {
        let request = self
            .ecs
            .stop_task()
            .cluster(cluster_arn)
            .task(arn)
            .reason(reason);
        request.send().await.map(|_| ()).map_err(|error| {
            let doing = format!("stop the task `{arn}`");
            self.ecs_call("StopTask", arn.to_owned(), doing)
                .failed(error)
        })
    }
}

pub(super) fn task(from: &types::Task) -> Task {
    Task {
        arn: text(from.task_arn()),
        task_definition: text(from.task_definition_arn()),
        started_by: text(from.started_by()),
        last_status: text(from.last_status()),
        desired_status: text(from.desired_status()),
        health: health(from.health_status()),
        stop_code: from.stop_code().map(|code| match code {
            types::TaskStopCode::TaskFailedToStart => StopCode::TaskFailedToStart,
            types::TaskStopCode::EssentialContainerExited => StopCode::EssentialContainerExited,
            types::TaskStopCode::UserInitiated => StopCode::UserInitiated,
            types::TaskStopCode::ServiceSchedulerInitiated => StopCode::ServiceSchedulerInitiated,
            types::TaskStopCode::SpotInterruption => StopCode::SpotInterruption,
            types::TaskStopCode::TerminationNotice => StopCode::TerminationNotice,
            other if other.as_str() == "InfrastructureHealth" => StopCode::InfrastructureHealth,
            other => StopCode::Other(other.as_str().to_owned()),
        }),
        stopped_reason: text(from.stopped_reason()),
        containers: from
            .containers()
            .iter()
            .map(|one| Container {
                name: text(one.name()),
                image: text(one.image()),
                image_digest: one.image_digest().map(str::to_owned),
                last_status: text(one.last_status()),
                exit_code: one.exit_code(),
                reason: text(one.reason()),
                health: health(one.health_status()),
            })
            .collect(),
        created_at: at(from.created_at()),
        started_at: maybe_at(from.started_at()),
        stopped_at: maybe_at(from.stopped_at()),
    }
}

fn health(from: Option<&types::HealthStatus>) -> Health {
    match from {
        Some(types::HealthStatus::Healthy) => Health::Healthy,
        Some(types::HealthStatus::Unhealthy) => Health::Unhealthy,
        // Of the SDK's own: it is non-exhaustive.
        Some(_) | None => Health::Unknown,
    }
}
