//! Service deployments and revisions: what ECS keeps of each rollout.

use aws_sdk_ecs::types;

use super::{at, count, maybe_at, named, text};
use crate::aws::failure::if_any;
use crate::aws::{Aws, Failure, Reason};
use crate::rollout::{
    At, BreakerStatus, Hook, HookAnswer, HookKind, HookStatus, Revision, RevisionImage, Rollback,
    ServiceArn, ServiceDeployment, ServiceDeploymentStatus, TargetRevision,
};

/// In one call. Source: ECS API reference, `DescribeServiceDeployments`.
const MOST_DESCRIBED: usize = 20;
/// Further ones began before anything that a caller waits for.
const MOST_LISTED: usize = 100;

impl Aws {
    /// Those created at `since` or later, newest first, described in full.
    pub(crate) async fn service_deployments(
        &self,
        service: &ServiceArn,
        since: At,
    ) -> Result<Vec<ServiceDeployment>, Failure> {
        let doing = || format!("list the service deployments of {}", named(service));
        let after = aws_smithy_types::DateTime::from_millis(since.0);
        let mut arns: Vec<String> = Vec::new();
        let mut page: Option<String> = None;
        loop {
            let answer = self
                .ecs
                .list_service_deployments()
                .cluster(service.cluster_arn())
                .service(service.to_string())
                .created_at(types::CreatedAt::builder().after(after).build())
                .set_next_token(page)
                .send()
                .await
                .map_err(|error| {
                    self.ecs_call("ListServiceDeployments", service.to_string(), doing())
                        .failed(error)
                })?;
            let listed = answer.service_deployments().iter();
            arns.extend(listed.filter_map(|one| one.service_deployment_arn().map(str::to_owned)));
            page = answer.next_token().map(str::to_owned);
            if page.is_none() || arns.len() >= MOST_LISTED {
                break;
            }
        }
        let mut found = Vec::new();
        for arns in arns.chunks(MOST_DESCRIBED) {
            found.extend(self.described_deployments(service, arns).await?);
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.created_at));
        Ok(found)
    }

    /// `None`: it is not there.
    pub(crate) async fn service_deployment(
        &self,
        service: &ServiceArn,
        arn: &str,
    ) -> Result<Option<ServiceDeployment>, Failure> {
        let arns = [arn.to_owned()];
        let found = if_any(self.described_deployments(service, &arns)).await?;
        Ok(found.and_then(|found| found.into_iter().next()))
    }

    async fn described_deployments(
        &self,
        service: &ServiceArn,
        arns: &[String],
    ) -> Result<Vec<ServiceDeployment>, Failure> {
        let answer = self
            .ecs
            .describe_service_deployments()
            .set_service_deployment_arns(Some(arns.to_vec()))
            .send()
            .await
            .map_err(|error| {
                let about = arns.first().cloned().unwrap_or_default();
                let doing = format!("look at the service deployments of {}", named(service));
                self.ecs_call("DescribeServiceDeployments", about, doing)
                    .failed(error)
            })?;
        Ok(answer
            .service_deployments()
            .iter()
            .map(deployment)
            .collect())
    }

    /// `None`: it is not there.
    pub(crate) async fn service_revision(&self, arn: &str) -> Result<Option<Revision>, Failure> {
        let request = self
            .ecs
            .describe_service_revisions()
            .service_revision_arns(arn);
        match request.send().await {
            Ok(answer) => Ok(answer.service_revisions().first().map(revision)),
            Err(error) => {
                let doing = format!("look at the service revision `{arn}`");
                let call = self.ecs_call("DescribeServiceRevisions", arn.to_owned(), doing);
                match call.failed(error) {
                    failure if failure.reason == Reason::NotFound => Ok(None),
                    failure => Err(failure),
                }
            }
        }
    }

    /// Ends a deployment and has ECS go back to what ran before it.
    pub(crate) async fn roll_back_deployment(&self, arn: &str) -> Result<(), Failure> {
        let request = self
            .ecs
            .stop_service_deployment()
            .service_deployment_arn(arn)
            .stop_type(types::StopServiceDeploymentStopType::Rollback);
        request.send().await.map(|_| ()).map_err(|error| {
            let doing = format!("roll back the service deployment `{arn}`");
            self.ecs_call("StopServiceDeployment", arn.to_owned(), doing)
                .failed(error)
        })
    }

    /// Answers a hook at which a deployment waits.
    pub(crate) async fn answer_hook(
        &self,
        arn: &str,
        hook: &str,
        answer: HookAnswer,
    ) -> Result<(), Failure> {
        let request = self
            .ecs
            .continue_service_deployment()
            .service_deployment_arn(arn)
            .hook_id(hook)
            .action(match answer {
                HookAnswer::Continue => types::DeploymentLifecycleHookAction::Continue,
                HookAnswer::RollBack => types::DeploymentLifecycleHookAction::Rollback,
            });
        request.send().await.map(|_| ()).map_err(|error| {
            let doing = format!("answer the hook of the service deployment `{arn}`");
            self.ecs_call("ContinueServiceDeployment", arn.to_owned(), doing)
                .failed(error)
        })
    }
}

fn deployment(from: &types::ServiceDeployment) -> ServiceDeployment {
    use types::ServiceDeploymentStatus as Status;
    let breaker = from.deployment_circuit_breaker();
    let alarms = from.alarms();
    ServiceDeployment {
        arn: text(from.service_deployment_arn()),
        status: match from.status() {
            None | Some(Status::Pending) => ServiceDeploymentStatus::Pending,
            Some(Status::InProgress) => ServiceDeploymentStatus::InProgress,
            Some(Status::Successful) => ServiceDeploymentStatus::Successful,
            Some(Status::StopRequested) => ServiceDeploymentStatus::StopRequested,
            Some(Status::Stopped) => ServiceDeploymentStatus::Stopped,
            Some(Status::RollbackRequested) => ServiceDeploymentStatus::RollbackRequested,
            Some(Status::RollbackInProgress) => ServiceDeploymentStatus::RollbackInProgress,
            Some(Status::RollbackSuccessful) => ServiceDeploymentStatus::RollbackSuccessful,
            Some(Status::RollbackFailed) => ServiceDeploymentStatus::RollbackFailed,
            Some(other) => ServiceDeploymentStatus::Other(other.as_str().to_owned()),
        },
        status_reason: text(from.status_reason()),
        created_at: at(from.created_at()),
        started_at: maybe_at(from.started_at()),
        finished_at: maybe_at(from.finished_at()),
        target: from
            .target_service_revision()
            .map_or_else(TargetRevision::default, |one| TargetRevision {
                arn: text(one.arn()),
                requested: count(one.requested_task_count()),
                running: count(one.running_task_count()),
                pending: count(one.pending_task_count()),
            }),
        sources: from
            .source_service_revisions()
            .iter()
            .map(|one| text(one.arn()))
            .collect(),
        breaker: breaker
            .and_then(|one| one.status())
            .map_or(BreakerStatus::Disabled, monitors),
        breaker_failures: breaker.map_or(0, |one| count(one.failure_count())),
        breaker_threshold: breaker.map_or(0, |one| count(one.threshold())),
        alarms: alarms.map_or_else(Vec::new, |one| one.alarm_names().to_vec()),
        triggered_alarms: alarms.map_or_else(Vec::new, |one| one.triggered_alarm_names().to_vec()),
        rollback: from.rollback().map(|one| Rollback {
            reason: text(one.reason()),
            started_at: maybe_at(one.started_at()),
            revision_arn: text(one.service_revision_arn()),
        }),
        lifecycle_stage: from.lifecycle_stage().map(|one| one.as_str().to_owned()),
        hooks: from.lifecycle_hook_details().iter().map(hook).collect(),
    }
}

fn monitors(from: &types::ServiceDeploymentRollbackMonitorsStatus) -> BreakerStatus {
    use types::ServiceDeploymentRollbackMonitorsStatus as Status;
    match from {
        Status::Disabled => BreakerStatus::Disabled,
        Status::Monitoring => BreakerStatus::Monitoring,
        Status::MonitoringComplete => BreakerStatus::MonitoringComplete,
        Status::Triggered => BreakerStatus::Triggered,
        other => BreakerStatus::Other(other.as_str().to_owned()),
    }
}

fn hook(from: &types::DeploymentLifecycleHookDetail) -> Hook {
    use types::{
        DeploymentLifecycleHookStatus as Status, DeploymentLifecycleHookTargetType as Kind,
    };
    Hook {
        id: text(from.hook_id()),
        kind: match from.target_type() {
            Some(Kind::AwsLambda) => HookKind::Lambda,
            None | Some(Kind::Pause) => HookKind::Pause,
            Some(other) => HookKind::Other(other.as_str().to_owned()),
        },
        status: match from.status() {
            Some(Status::AwaitingAction) => HookStatus::AwaitingAction,
            Some(other) => HookStatus::Other(other.as_str().to_owned()),
            None => HookStatus::Other(String::new()),
        },
        expires_at: maybe_at(from.expires_at()),
        timeout_action: from
            .timeout_action()
            .map(|one| one.as_str().to_owned())
            .unwrap_or_default(),
    }
}

fn revision(from: &types::ServiceRevision) -> Revision {
    Revision {
        arn: text(from.service_revision_arn()),
        task_definition: text(from.task_definition()),
        created_at: at(from.created_at()),
        images: from
            .container_images()
            .iter()
            .map(|one| RevisionImage {
                container: text(one.container_name()),
                image: text(one.image()),
                digest: one.image_digest().map(str::to_owned),
            })
            .collect(),
    }
}
