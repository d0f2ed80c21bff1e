//! Tasks that run once beside a service: with its network, launch type and platform.

use aws_sdk_ecs::types;

use super::task::task;
use super::{at, named};
use crate::aws::{Aws, Failure};
use crate::rollout::{OneOff, ServiceArn, Task};

impl Aws {
    pub(crate) async fn run_beside(
        &self,
        service: &ServiceArn,
        what: &OneOff,
    ) -> Result<Task, Failure> {
        let shape = self.shape(service).await?;
        let overrides = types::ContainerOverride::builder()
            .name(&what.container)
            .set_command((!what.command.is_empty()).then(|| what.command.clone()))
            .set_environment((!what.environment.is_empty()).then(|| {
                let pair = |(name, value): &(String, String)| {
                    types::KeyValuePair::builder()
                        .name(name)
                        .value(value)
                        .build()
                };
                what.environment.iter().map(pair).collect()
            }));
        let strategy = shape.capacity_provider_strategy;
        let request = self
            .ecs
            .run_task()
            .cluster(service.cluster_arn())
            .task_definition(&what.definition)
            .set_network_configuration(shape.network_configuration)
            // Both together are refused.
            .set_launch_type(shape.launch_type.filter(|_| strategy.is_none()))
            .set_capacity_provider_strategy(strategy)
            .set_platform_version(shape.platform_version)
            .set_propagate_tags(shape.propagate_tags)
            .overrides(
                types::TaskOverride::builder()
                    .container_overrides(overrides.build())
                    .build(),
            )
            // One token, one task. Source: ECS API reference, `RunTask`, `clientToken`.
            .client_token(&what.client_token)
            .started_by(&what.started_by)
            .count(1);
        let call = || {
            let doing = format!("run a task beside {}", named(service));
            self.ecs_call("RunTask", what.definition.clone(), doing)
        };
        let answer = request.send().await.map_err(|error| call().failed(error))?;
        if let Some(started) = answer.tasks().first() {
            return Ok(task(started));
        }
        let why: Vec<String> = answer
            .failures()
            .iter()
            .map(|one| {
                let reason = one.reason().unwrap_or("no reason was given");
                match one.detail() {
                    Some(detail) => format!("{reason}: {detail}"),
                    None => reason.to_owned(),
                }
            })
            .collect();
        Err(call().unmet(&match why.is_empty() {
            true => "no task was started, and no reason was given".to_owned(),
            false => format!("no task was started: {}", why.join("; ")),
        }))
    }

    /// How the service's own tasks are started: of its newest deployment.
    async fn shape(&self, service: &ServiceArn) -> Result<Shape, Failure> {
        let doing = || format!("look at {}", named(service));
        let answer = self
            .ecs
            .describe_services()
            .cluster(service.cluster_arn())
            .services(service.to_string())
            .send()
            .await
            .map_err(|error| {
                self.ecs_call("DescribeServices", service.to_string(), doing())
                    .failed(error)
            })?;
        let Some(found) = answer.services().first() else {
            return Err(self
                .ecs_call("DescribeServices", service.to_string(), doing())
                .unmet("there is no such service"));
        };
        let newest = found
            .deployments()
            .iter()
            .max_by_key(|one| at(one.created_at()));
        let own = |list: &[types::CapacityProviderStrategyItem]| {
            (!list.is_empty()).then(|| list.to_vec())
        };
        Ok(Shape {
            network_configuration: found
                .network_configuration()
                .or_else(|| newest?.network_configuration())
                .cloned(),
            launch_type: found.launch_type().cloned(),
            capacity_provider_strategy: own(found.capacity_provider_strategy()),
            platform_version: found.platform_version().map(str::to_owned),
            propagate_tags: found
                .propagate_tags()
                .filter(|one| **one == types::PropagateTags::TaskDefinition)
                .cloned(),
        })
    }
}

struct Shape {
    network_configuration: Option<types::NetworkConfiguration>,
    launch_type: Option<types::LaunchType>,
    capacity_provider_strategy: Option<Vec<types::CapacityProviderStrategyItem>>,
    platform_version: Option<String>,
    propagate_tags: Option<types::PropagateTags>,
}
