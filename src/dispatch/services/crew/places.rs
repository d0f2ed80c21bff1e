//! Where the services are: one connection to AWS for all services of one region, account and role; this machine's engine.

use std::collections::BTreeMap;

use serde_json::json;

use super::Crew;
use super::rights::Assignment;
use crate::aws::{AssumeRole, Aws};
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
        let mut reached: BTreeMap<Reach, Vec<String>> = BTreeMap::new();
        for (target, assignment) in request.targets.iter().zip(assignments) {
            if let (Some(reach), Target::Ecs(arn)) = (reach(target, assignment), target) {
                reached.entry(reach).or_default().push(arn.to_string());
            }
        }
        let mut fleets = BTreeMap::new();
        for (reach, services) in reached {
            let role = reach.role_arn.clone().map(|role_arn| AssumeRole {
                role_arn,
                external_id: reach.external_id.clone(),
                session_name: crew.asker().session(),
                policy: narrowed(&services),
            });
            let aws = Aws::connect(&crew.settings.aws, role.as_ref(), &reach.region).await;
            fleets.insert(reach, Fleet::of(aws, services.len(), pace.poll));
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
        role_arn: assignment.role.as_ref().map(|role| role.role_arn.clone()),
        external_id: assignment
            .role
            .as_ref()
            .and_then(|role| role.external_id.clone()),
    })
}

/// What the session of a role may, of all that the role may: change these services and no other. `None` where that does not
/// fit. Source: STS API reference, `AssumeRole`, `Policy`: at most 2048 characters.
fn narrowed(services: &[String]) -> Option<String> {
    const MOST: usize = 2048;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": services, "Action": ["ecs:UpdateService", "ecs:DescribeServices"]},
        {"Effect": "Allow", "Resource": "*", "NotAction": [
            "ecs:UpdateService", "ecs:CreateService", "ecs:DeleteService", "ecs:DeleteCluster", "ecs:ExecuteCommand",
            "sts:*", "iam:Create*", "iam:Put*", "iam:Attach*", "iam:Delete*", "iam:Update*"]}]});
    Some(policy.to_string()).filter(|text| text.len() <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_may_change_the_services_in_hand_and_no_other() {
        let arn =
            |number: u32| format!("arn:aws:ecs:eu-west-1:123456789012:service/lower/app-{number}");
        let policy = narrowed(&[arn(1)]).unwrap();
        assert!(policy.contains("service/lower/app-1\"") && policy.len() <= 2048);
        let many: Vec<String> = (0..50).map(arn).collect();
        assert_eq!(narrowed(&many), None);
    }
}
