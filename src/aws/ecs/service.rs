//! Services: read up to ten at a time, and updated, once.

use aws_sdk_ecs::types;

use super::clock::Clock;
use super::{at, count, named, text};
use crate::aws::{Aws, Failure};
use crate::rollout::{
    At, Breaker, Controller, Deployment, DeploymentStatus, Event, RolloutState, Scheduling,
    Service, ServiceArn, ServiceStatus, TargetGroup, Update,
};

/// In one call. Source: ECS API reference, `DescribeServices`.
pub(crate) const MOST_SERVICES: usize = 10;

impl Aws {
    /// Services of one cluster, at most [`MOST_SERVICES`], and the server's clock. Those that are missing are left out; all
    /// are where the cluster is.
    pub(crate) async fn services(
        &self,
        arns: &[&ServiceArn],
    ) -> Result<(Vec<Service>, At), Failure> {
        let Some(first) = arns.first() else {
            return Ok((Vec::new(), At(0)));
        };
        let clock = Clock::default();
        let request = self
            .ecs
            .describe_services()
            .cluster(first.cluster_arn())
            .set_services(Some(arns.iter().map(|arn| arn.to_string()).collect()));
        let sent = request.customize().interceptor(clock.clone()).send().await;
        match sent {
            Ok(answer) => Ok((answer.services().iter().map(service).collect(), clock.at())),
            Err(error) => {
                let missing = error
                    .as_service_error()
                    .is_some_and(|error| error.is_cluster_not_found_exception());
                if missing {
                    return Ok((Vec::new(), clock.at()));
                }
                let doing = format!("look at {}", named(first));
                Err(self
                    .ecs_call("DescribeServices", first.to_string(), doing)
                    .failed(error))
            }
        }
    }

    /// Sends one update and nothing again.
    pub(crate) async fn update_service(
        &self,
        arn: &ServiceArn,
        update: &Update,
    ) -> Result<Service, Failure> {
        let request = self
            .ecs
            .update_service()
            .cluster(arn.cluster_arn())
            .service(arn.to_string())
            .set_task_definition(update.definition.clone())
            .set_force_new_deployment(update.force.then_some(true))
            .set_desired_count(
                update
                    .desired
                    .map(|count| i32::try_from(count).unwrap_or(i32::MAX)),
            );
        let call = || {
            let doing = format!("update {}", named(arn));
            self.ecs_call("UpdateService", arn.to_string(), doing)
        };
        match request.send().await {
            Ok(answer) => match answer.service() {
                Some(found) => Ok(service(found)),
                None => Err(call().malformed("the answer holds no service")),
            },
            Err(error) => Err(call().failed(error)),
        }
    }
}

pub(super) fn service(from: &types::Service) -> Service {
    let configuration = from.deployment_configuration();
    let breaker = configuration.and_then(|one| one.deployment_circuit_breaker());
    let alarms = configuration
        .and_then(|one| one.alarms())
        .filter(|one| one.enable());
    let early = configuration
        .and_then(|one| one.early_success_criteria())
        .filter(|one| one.enable());
    let percent = |value: Option<i32>| value.map(count);
    Service {
        arn: text(from.service_arn()),
        name: text(from.service_name()),
        cluster_arn: text(from.cluster_arn()),
        status: match from.status().unwrap_or_default() {
            "ACTIVE" => ServiceStatus::Active,
            "DRAINING" => ServiceStatus::Draining,
            "INACTIVE" => ServiceStatus::Inactive,
            other => ServiceStatus::Other(other.to_owned()),
        },
        desired: count(from.desired_count()),
        running: count(from.running_count()),
        pending: count(from.pending_count()),
        task_definition: text(from.task_definition()),
        deployments: from.deployments().iter().map(deployment).collect(),
        events: from
            .events()
            .iter()
            .map(|event| Event {
                id: text(event.id()),
                at: at(event.created_at()),
                message: text(event.message()),
            })
            .collect(),
        controller: match from.deployment_controller().map(|one| one.r#type()) {
            None | Some(types::DeploymentControllerType::Ecs) => Controller::Ecs,
            Some(types::DeploymentControllerType::CodeDeploy) => Controller::CodeDeploy,
            Some(types::DeploymentControllerType::External) => Controller::External,
            Some(other) => Controller::Other(other.as_str().to_owned()),
        },
        scheduling: match from.scheduling_strategy() {
            None | Some(types::SchedulingStrategy::Replica) => Scheduling::Replica,
            Some(types::SchedulingStrategy::Daemon) => Scheduling::Daemon,
            Some(other) => Scheduling::Other(other.as_str().to_owned()),
        },
        breaker: match breaker.map(|one| (one.enable(), one.rollback())) {
            Some((true, true)) => Breaker::Rollback,
            Some((true, false)) => Breaker::On,
            Some((false, _)) | None => Breaker::Off,
        },
        alarms: alarms.map_or_else(Vec::new, |one| one.alarm_names().to_vec()),
        minimum_healthy_percent: percent(
            configuration.and_then(|one| one.minimum_healthy_percent()),
        ),
        maximum_percent: percent(configuration.and_then(|one| one.maximum_percent())),
        health_grace_secs: percent(from.health_check_grace_period_seconds()),
        target_groups: from
            .load_balancers()
            .iter()
            .filter_map(|one| {
                Some(TargetGroup {
                    arn: one.target_group_arn()?.to_owned(),
                    container: text(one.container_name()),
                    port: count(one.container_port().unwrap_or(0)),
                })
            })
            .collect(),
        current_service_deployment: from.current_service_deployment().map(str::to_owned),
        early_success_percent: early.map(|one| count(one.healthy_percent().unwrap_or(100))),
        is_express: from.resource_management_type() == Some(&types::ResourceManagementType::Ecs),
    }
}

fn deployment(from: &types::Deployment) -> Deployment {
    Deployment {
        id: text(from.id()),
        status: match from.status().unwrap_or_default() {
            "PRIMARY" => DeploymentStatus::Primary,
            "ACTIVE" => DeploymentStatus::Active,
            "INACTIVE" => DeploymentStatus::Inactive,
            other => DeploymentStatus::Other(other.to_owned()),
        },
        task_definition: text(from.task_definition()),
        desired: count(from.desired_count()),
        pending: count(from.pending_count()),
        running: count(from.running_count()),
        failed_tasks: count(from.failed_tasks()),
        created_at: at(from.created_at()),
        updated_at: at(from.updated_at()),
        rollout: from.rollout_state().map(|state| match state {
            types::DeploymentRolloutState::InProgress => RolloutState::InProgress,
            types::DeploymentRolloutState::Completed => RolloutState::Completed,
            types::DeploymentRolloutState::Failed => RolloutState::Failed,
            other => RolloutState::Other(other.as_str().to_owned()),
        }),
        rollout_reason: text(from.rollout_state_reason()),
    }
}
