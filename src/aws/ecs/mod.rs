//! ECS, in values of `rollout`: what services, their deployments and their tasks look like, and the few calls that change
//! them.
//!
//! Types of the SDK end here. Refuses to wait, to try again and to decide: one function is one call, or one call a page.
//! Read next: `service`, `service_deployment`, `task`, `definition`.

mod clock;
mod definition;
mod one_off;
mod service;
mod service_deployment;
mod task;

use aws_smithy_types::DateTime;

use super::{Aws, call::Call};
use crate::rollout::{At, ServiceArn};

pub(crate) use service::MOST_SERVICES;

impl Aws {
    pub(super) fn ecs_call(
        &self,
        action: &'static str,
        resource: String,
        doing: impl std::fmt::Display,
    ) -> Call {
        Call {
            service: "ecs",
            action,
            resource,
            region: self.region.clone(),
            role: self.role.clone(),
            doing: doing.to_string(),
        }
    }
}

/// How a service is called in sentences.
fn named(arn: &ServiceArn) -> String {
    format!(
        "the service `{}` of the cluster `{}`",
        arn.service(),
        arn.cluster()
    )
}

/// A moment as the SDK has it; none is 0.
fn at(moment: Option<&DateTime>) -> At {
    At(moment
        .and_then(|moment| moment.to_millis().ok())
        .unwrap_or(0))
}

fn maybe_at(moment: Option<&DateTime>) -> Option<At> {
    moment.map(|moment| at(Some(moment)))
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

/// A count, which is never negative.
fn count(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
