//! Where the services are: one connection to AWS for all services of one region, account and role; this machine's engine.

use std::collections::BTreeMap;

use super::Crew;
use super::rights::Assignment;
use crate::aws::Aws;
use crate::deploy::{EcsPlace, Fleet, Local, Pace, Request, Target};
use crate::docker::Engine;

/// Services that one set of credentials reaches.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Reach {
    region: String,
    account: String,
    role_arn: Option<String>,
    external_id: Option<String>,
}

/// All that the places of one command stand on.
pub(super) struct Places {
    fleets: BTreeMap<Reach, Fleet>,
}

/// Where one service is.
pub(super) enum Spot<'a> {
    Ecs(EcsPlace<'a>),
    Local(Local<'a>),
}

impl Places {
    pub(super) async fn of(
        crew: &Crew<'_>,
        request: &Request,
        assignments: &[Assignment],
        pace: Pace,
    ) -> Self {
        let mut reached: BTreeMap<Reach, (usize, &Assignment)> = BTreeMap::new();
        for (target, assignment) in request.targets.iter().zip(assignments) {
            if let Some(reach) = reach(target, assignment) {
                reached.entry(reach).or_insert((0, assignment)).0 += 1;
            }
        }
        let mut fleets = BTreeMap::new();
        for (reach, (services, assignment)) in reached {
            let role = assignment.acts_as.as_ref();
            let aws = Aws::connect(&crew.settings.aws, role, &reach.region).await;
            fleets.insert(reach, Fleet::of(aws, services, pace.poll));
        }
        Places { fleets }
    }

    /// One for each target, in their order.
    pub(super) fn spots<'p>(
        &'p self,
        engine: Option<&'p Engine>,
        request: &Request,
        assignments: &[Assignment],
        pace: Pace,
    ) -> Vec<Spot<'p>> {
        let spot = |(target, assignment): (&Target, &Assignment)| match target {
            Target::Ecs(arn) => {
                let fleet = reach(target, assignment).and_then(|reach| self.fleets.get(&reach));
                Spot::Ecs(fleet.expect("one was made for every target").place(arn))
            }
            Target::Local { name } => {
                let engine = engine.expect("one was connected to for local targets");
                Spot::Local(Local::of(engine, name, super::local::pace(pace).poll))
            }
        };
        request.targets.iter().zip(assignments).map(spot).collect()
    }
}

/// `None` for what is on this machine.
fn reach(target: &Target, assignment: &Assignment) -> Option<Reach> {
    let Target::Ecs(arn) = target else {
        return None;
    };
    Some(Reach {
        region: arn.region().to_owned(),
        account: arn.account().to_owned(),
        role_arn: assignment
            .acts_as
            .as_ref()
            .map(|role| role.role_arn.clone()),
        external_id: assignment
            .acts_as
            .as_ref()
            .and_then(|role| role.external_id.clone()),
    })
}
