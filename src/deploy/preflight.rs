//! Before anything is touched: whether the service can be deployed to. Read next: `images`.

use super::end::Outcome;
use super::expected::Expected;
use super::place::{Place, Seen};
use super::work::{Ended, Work};
use crate::rollout::{
    At, Breaker, Controller, Definition, Deployment, RolloutState, Scheduling, Service,
    ServiceStatus, clean,
};

/// How the service stood before it was touched.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    pub(super) service: Service,
    /// By the server's clock, when it was read.
    pub(super) at: At,
    /// `None`: it has had no deployment.
    pub(super) primary_id: Option<String>,
}

impl Before {
    pub(super) fn of(seen: Seen) -> Self {
        let primary_id = seen.service.primary().map(|one| one.id.clone());
        Before {
            service: seen.service,
            at: seen.at,
            primary_id,
        }
    }
}

/// Reads the service, and refuses one that no deployment can go to.
pub(super) async fn service<P: Place>(work: &Work<'_, P>) -> Result<Before, Ended> {
    let Some(seen) = work.place.service().await? else {
        return Err(missing(work));
    };
    work.so_far.write(|known| {
        known.began_at = seen.at;
        known.task_definition_before = Some(seen.service.task_definition.clone());
        known.desired = seen.service.desired;
    });
    let refused = |what: &str| Ended::of(Outcome::Precondition, format!("{} {what}", work.target));
    match &seen.service.status {
        ServiceStatus::Active => {}
        ServiceStatus::Draining => {
            return Err(refused("is being deleted (DRAINING)")
                .hint("whoever deletes it provisions it anew, or another service is named"));
        }
        ServiceStatus::Inactive => {
            return Err(refused("was deleted (INACTIVE)")
                .hint("the application is provisioned anew, or another service is named"));
        }
        ServiceStatus::Other(status) => {
            let status = clean(status, 40);
            return Err(refused(&format!("has the unknown status `{status}`")));
        }
    }
    Ok(Before::of(seen))
}

pub(super) fn missing<P: Place>(work: &Work<'_, P>) -> Ended {
    Ended::of(
        Outcome::Precondition,
        format!("there is no service {}", work.target),
    )
    .hint("check cluster, service, region and account; a new application is provisioned before it is deployed to")
}

/// Refuses services whose deployments are not ECS's own.
pub(super) fn is_deployable<P: Place>(work: &Work<'_, P>, service: &Service) -> Result<(), Ended> {
    let refused = |what: &str| Ended::of(Outcome::Precondition, format!("{} {what}", work.target));
    match &service.controller {
        Controller::Ecs => {}
        Controller::CodeDeploy => {
            return Err(refused("is deployed by CodeDeploy")
                .hint("start the deployment there, or whoever provisions the service moves it to ECS's own controller"));
        }
        Controller::External => {
            return Err(
                refused("is deployed by an external controller, with task sets")
                    .hint("its own controller deploys it"),
            );
        }
        Controller::Other(name) => {
            let name = clean(name, 40);
            return Err(refused(&format!(
                "has the unknown deployment controller `{name}`"
            )));
        }
    }
    if service.is_express {
        return Err(
            refused("is an Express service, whose resources ECS manages").hint(
                "it is updated by `UpdateExpressGatewayService`, which this program does not call",
            ),
        );
    }
    Ok(())
}

/// Whether the wanted image runs where the definition wants to run. Source: ECS API reference, `RuntimePlatform`.
pub(super) fn platform_fits(definition: &Definition, expected: &Expected) -> Result<(), Ended> {
    let architecture = match definition.cpu_architecture() {
        Some("ARM64") => "arm64",
        Some("X86_64") => "amd64",
        None if definition.is_for_fargate() => "amd64",
        // Whatever the instances are.
        Some(_) | None => return Ok(()),
    };
    let os = match definition.operating_system() {
        None | Some("LINUX") => "linux",
        Some(_) => "windows",
    };
    let wanted = format!("{os}/{architecture}");
    for one in &expected.containers {
        let fits = |name: &String| *name == wanted || name.starts_with(&format!("{wanted}/"));
        if !one.platforms.is_empty() && !one.platforms.iter().any(fits) {
            return Err(Ended::of(
                Outcome::Precondition,
                format!(
                    "the tasks run on {wanted}, and the image of the container `{}` is for {}",
                    one.container,
                    one.platforms.join(", ")
                ),
            )
            .hint(format!(
                "build it with `--platform {wanted}`, on a runner of that platform"
            )));
        }
    }
    Ok(())
}

/// Whether a deployment is under way.
pub(super) fn is_busy(service: &Service) -> bool {
    let primary = service.primary().map(|one| one.id.as_str());
    let moves =
        |one: &Deployment| Some(one.id.as_str()) != primary && one.running + one.pending > 0;
    service.deployments.iter().any(moves)
        || service
            .primary()
            .is_some_and(|one| one.rollout == Some(RolloutState::InProgress))
}

/// What is worth knowing of how the service is configured.
pub(super) fn remarks<P: Place>(work: &Work<'_, P>, service: &Service) {
    if service.breaker == Breaker::Off && service.alarms.is_empty() {
        work.note(
            "the service's deployment circuit breaker is off, so ECS would try for ever: this command counts failing tasks \
             itself (three end the wait)",
        );
    }
    let desired = service.desired;
    if service.scheduling == Scheduling::Replica
        && service.minimum_healthy_percent == Some(100)
        && service
            .maximum_percent
            .is_some_and(|most| desired * most / 100 <= desired)
        && desired > 0
    {
        work.note(
            "minimum and maximum percent leave no room for a new task beside the old ones: the deployment cannot go on",
        );
    }
}
