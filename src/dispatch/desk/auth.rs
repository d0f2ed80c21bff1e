//! Roles for a job: who it is, which role the host takes for it, and keys where a grant gives them.

use super::JobDesk;
use crate::audit::{Action, Status, Tables, Trail};
use crate::aws::Aws;
use crate::dispatch::audited::{Asker, What, told};
use crate::dispatch::auth::{Answer, KeysTold, Place, Request, WhoAmI, explain};
use crate::dispatch::roles::{JobRoles, Work};
use crate::dispatch::runtime;
use crate::error::{Error, Result};
use crate::executor::Standing;
use crate::job::Facts;
use crate::policy::{Asked, Grant};

impl JobDesk {
    pub(super) fn tell_roles(&self, request: &Request, facts: &Facts) -> Result<serde_json::Value> {
        let roles = self.roles(facts);
        let answer = runtime()?.block_on(async {
            match request {
                Request::Whoami { .. } => Ok(Answer::Whoami(whoami(&roles, facts).await)),
                Request::Explain { place } => {
                    place.check()?;
                    let explained = explain(&roles, place, &self.settings).await?;
                    Ok(Answer::Explain(explained))
                }
                Request::Credentials { place } => {
                    place.check()?;
                    self.keys(&roles, place, facts)
                        .await
                        .map(Answer::Credentials)
                }
            }
        });
        serde_json::to_value(answer?)
            .map_err(|error| Error::system("cannot write the answer").caused_by(error))
    }

    /// Of a rule's role and never of the host's own identity, and only where a grant names that role.
    async fn keys(&self, roles: &JobRoles, place: &Place, facts: &Facts) -> Result<KeysTold> {
        let grant = match self.standing {
            Standing::Granted => Grant::of_job(facts, &self.settings.grants, Asked::Keys)?,
            Standing::Own => Grant::of_callers_job(facts),
        };
        let work = Work {
            account: &place.account,
            region: &place.region,
            services: &place.services,
            repositories: &place.repositories,
        };
        let Some(found) = roles.role_for(&work).await? else {
            return Err(Error::refused("this job may not have keys of the host's own identity")
                .hint("the operator of the runner gives the project a role by a rule of `[[roles]]`, and names it in `credentials` of `[[grants]]`"));
        };
        grant.credentials(&found.role_arn)?;
        let settings = &self.settings;
        let asker = Asker::Job {
            facts,
            login: roles.login().await,
        };
        let what = What {
            action: Action::GetCredentials,
            account: &place.account,
            region: &place.region,
            subject: found.role_arn.clone(),
            role: Some(found.role_arn.clone()),
            request: format!("credentials of {}", found.role_arn),
        };
        let trail = Trail::of(
            Tables::of(&settings.audit, &settings.aws, asker.session()),
            &self.state,
        );
        let deed = asker.deed(settings, what, "");
        let open = trail.begin(deed, settings.audit.deploy, &|_| {}).await?;
        let aws = Aws::connect(&settings.aws, Some(&found.role), &place.region).await;
        let keys = aws.keys().await.map_err(Error::from);
        if let Some(open) = open {
            let (status, message) = match &keys {
                Ok(keys) => (Status::Success, keys.access_key_id.clone()),
                Err(error) => (Status::Failed, error.to_string()),
            };
            let ended = trail.end(open, status, &message).await;
            ended.map_err(|error| Error::system(told(&error)))?;
        }
        Ok(KeysTold::of(keys?, Some(found.role_arn)))
    }
}

async fn whoami(roles: &JobRoles, facts: &Facts) -> WhoAmI {
    let who = WhoAmI {
        project: Some(facts.project.clone()),
        job_id: Some(facts.job_id),
        reference: Some(facts.reference.to_string()),
        protection: Some(facts.protection.to_string()),
        ..WhoAmI::default()
    };
    match roles.claims().await {
        Ok(claims) => WhoAmI {
            user: Some(claims.user_login.clone()),
            groups: claims.groups.clone(),
            environment: claims.environment.clone(),
            ..who
        },
        Err(why) => WhoAmI {
            no_token: Some(why.to_string()),
            ..who
        },
    }
}
