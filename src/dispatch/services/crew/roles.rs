//! The role for each service: of its grant, else of the operator's rules; its session is narrowed to the services in hand.

use std::collections::BTreeMap;

use super::Crew;
use super::rights::{Assignment, Worker};
use crate::aws::AssumeRole;
use crate::deploy::{Request, Target};
use crate::dispatch::roles::Work;
use crate::error::Result;
use crate::policy::session_policy;

impl Crew<'_> {
    /// # Errors
    /// `Refused` where rules name the project and give it no role for one of the services; what hinders finding a role.
    pub(super) async fn with_roles(
        &self,
        request: &Request,
        assignments: &mut [Assignment],
    ) -> Result<()> {
        let Worker::Job { roles, .. } = &self.worker else {
            return Ok(());
        };
        let mut together: BTreeMap<(String, String, Option<String>), Vec<usize>> = BTreeMap::new();
        for (index, (target, assignment)) in request.targets.iter().zip(&*assignments).enumerate() {
            if let Target::Ecs(arn) = target {
                let granted = assignment.role.as_ref().map(|role| role.role_arn.clone());
                let key = (arn.account().to_owned(), arn.region().to_owned(), granted);
                together.entry(key).or_default().push(index);
            }
        }
        for ((account, region, _), indices) in together {
            let arns = indices.iter().map(|index| &request.targets[*index]);
            let services: Vec<String> = arns
                .filter_map(|target| match target {
                    Target::Ecs(arn) => Some(arn.to_string()),
                    Target::Local { .. } => None,
                })
                .collect();
            let granted = indices
                .first()
                .and_then(|index| assignments[*index].role.as_ref());
            let role = match granted {
                Some(role) => Some(AssumeRole {
                    role_arn: role.role_arn.clone(),
                    external_id: role.external_id.clone(),
                    session_name: self.asker(None).session(),
                    policy: session_policy(&services, &[]),
                    ..AssumeRole::default()
                }),
                None => {
                    let work = Work {
                        account: &account,
                        region: &region,
                        services: &services,
                        repositories: &[],
                    };
                    roles.role_for(&work).await?.map(|found| found.role)
                }
            };
            for index in indices {
                assignments[index].acts_as = role.clone();
            }
        }
        Ok(())
    }
}
