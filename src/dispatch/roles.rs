//! The roles of one job's requests: by the operator's rules, with what its ID token says once that is verified.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, OnceCell};

use crate::auth::{
    Asking, Chosen, Claims, Expected, Resolution, choose, key_id, resolve, verified,
};
use crate::aws::{AssumeRole, Aws};
use crate::ecr_host::EcrHost;
use crate::error::{Error, Result};
use crate::gitlab::GitlabKeys;
use crate::image::{HostRoles, repository_arn};
use crate::image_ref::ImageRef;
use crate::job::{Facts, Secret};
use crate::policy::{Whose, session_policy};
use crate::settings::{AwsSettings, GitlabSettings, RoleSettings, Settings};

/// What a role is wanted for.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    /// Twelve digits.
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    /// ARNs of what will be changed.
    pub(super) services: &'a [String],
    pub(super) repositories: &'a [String],
}

/// Account, region, services and repositories of a work.
type Wanted = (String, String, Vec<String>, Vec<String>);

pub(super) struct JobRoles {
    rules: Vec<RoleSettings>,
    gitlab: GitlabSettings,
    aws: AwsSettings,
    facts: Facts,
    /// As the job brought it: anybody's word until it is verified.
    token: Option<Secret>,
    keys: Option<GitlabKeys>,
    claims: OnceCell<Result<Claims>>,
    /// The audit row and every login of one request want the same.
    found: Mutex<BTreeMap<Wanted, Option<Resolution>>>,
}

impl JobRoles {
    pub(super) fn of(settings: &Settings, facts: &Facts, token: Option<Secret>) -> Self {
        JobRoles {
            rules: settings.roles.clone(),
            gitlab: settings.gitlab.clone(),
            aws: settings.aws.clone(),
            facts: facts.clone(),
            token,
            keys: GitlabKeys::of(&settings.gitlab),
            claims: OnceCell::new(),
            found: Mutex::new(BTreeMap::new()),
        }
    }

    /// For a job that does not exist, with claims that nobody has signed: only to explain rules.
    pub(super) fn supposed(settings: &Settings, facts: &Facts, claims: Option<Claims>) -> Self {
        let without = || Err(Error::refused("the supposed job brings no ID token"));
        JobRoles {
            claims: OnceCell::new_with(Some(claims.map_or_else(without, Ok))),
            ..JobRoles::of(settings, facts, None)
        }
    }

    /// What the job's token says, once it is verified.
    ///
    /// # Errors
    /// `Refused`, with why it does not count; `System` where GitLab's keys cannot be read.
    pub(super) async fn claims(&self) -> Result<&Claims, &Error> {
        let verify = async || {
            let token = self.token.as_ref().ok_or_else(|| {
                Error::refused("the job brings no ID token").hint(format!(
                    "in the pipeline file the job has `id_tokens: {{BAWS_CI_ID_TOKEN: {{aud: {}}}}}`",
                    self.audience().unwrap_or("…")
                ))
            })?;
            let (Some(keys), Some(issuer), Some(audience)) =
                (&self.keys, self.gitlab.url.as_deref(), self.audience())
            else {
                return Err(Error::refused("this runner takes no ID tokens")
                    .hint("the operator of the runner names GitLab by `url` in `[gitlab]` of its settings"));
            };
            let expected = Expected {
                issuer,
                audience,
                job_id: self.facts.job_id,
                project_id: self.facts.project_id,
            };
            let key = keys.key(&key_id(token.reveal())?).await?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.map_or(0, |since| since.as_secs());
            verified(token.reveal(), &key, &expected, now)
        };
        self.claims.get_or_init(verify).await.as_ref()
    }

    fn audience(&self) -> Option<&str> {
        let own = self.gitlab.audience.as_deref();
        own.or(self.gitlab.url.as_deref())
    }

    /// Who began the job, where its token says so and counts.
    pub(super) async fn login(&self) -> Option<&str> {
        if self.token.is_none() || self.keys.is_none() {
            return None;
        }
        let claims = self.claims().await.ok()?;
        Some(claims.user_login.as_str()).filter(|login| !login.is_empty())
    }

    /// The role for this work; `None`: no rule names the project, and the host acts as itself.
    ///
    /// # Errors
    /// `Refused` where rules name the project and none is for this; else as [`resolve`].
    pub(super) async fn role_for(&self, work: &Work<'_>) -> Result<Option<Resolution>> {
        let (services, repositories) = (work.services.to_vec(), work.repositories.to_vec());
        let (account, region) = (work.account.to_owned(), work.region.to_owned());
        let wanted = (account, region, services, repositories);
        let mut known = self.found.lock().await;
        if let Some(found) = known.get(&wanted) {
            return Ok(found.clone());
        }
        let found = self.find(work).await?;
        known.insert(wanted, found.clone());
        Ok(found)
    }

    async fn find(&self, work: &Work<'_>) -> Result<Option<Resolution>> {
        let named = |rule: &&RoleSettings| Whose::from(*rule).names(&self.facts.project);
        let rules: Vec<&RoleSettings> = self.rules.iter().filter(named).collect();
        if rules.is_empty() {
            return Ok(None);
        }
        let unasked = Error::refused("no rule asks for the job's ID token");
        let is_told = |rule: &&RoleSettings| rule.session_tags || rule.source_identity;
        let is_wanted = rules.iter().any(|rule| rule.needs_token())
            || self.token.is_some() && self.keys.is_some() && rules.iter().any(is_told);
        let claims = match is_wanted {
            true => self.claims().await,
            false => Err(&unasked),
        };
        let asking = Asking {
            facts: &self.facts,
            claims,
            account: work.account,
            region: work.region,
        };
        let Chosen::Rule {
            number,
            rule,
            passed_over,
        } = choose(&self.rules, &asking)?
        else {
            return Ok(None);
        };
        let host = Aws::connect(&self.aws, None, work.region).await;
        let policy = session_policy(work.services, work.repositories);
        let found = resolve(number, rule, &asking, &host, policy, self.token.as_ref()).await?;
        let how = passed_over.into_iter().chain(found.how);
        Ok(Some(Resolution {
            how: how.collect(),
            ..found
        }))
    }
}

impl HostRoles for JobRoles {
    fn role<'a>(
        &'a self,
        image: &'a ImageRef,
        host: &'a EcrHost,
    ) -> BoxFuture<'a, Result<Option<AssumeRole>>> {
        async move {
            let work = Work {
                account: host.account(),
                region: host.region(),
                services: &[],
                repositories: &[repository_arn(image, host)],
            };
            Ok(self.role_for(&work).await?.map(|found| found.role))
        }
        .boxed()
    }
}
