//! As whom AWS is called, and who the platform's records name.

use crate::auth::role_of_group;
use crate::aws::{AssumeRole, Aws};
use crate::cli::ProvisionWhoArgs;
use crate::dispatch::auth::{keys_from_host, role_behind};
use crate::env::{self, Var};
use crate::error::{Error, Result};
use crate::settings::Settings;

pub(super) struct Who {
    pub(super) aws: Aws,
    pub(super) user: String,
    /// A role to act as that somebody named: that of a flag, of the settings, or the host's for this job.
    role: Option<String>,
}

impl Who {
    /// # Errors
    /// In a job: that no grant gives it keys. With a group: that the table has no role for it.
    pub(super) async fn of(
        arguments: &ProvisionWhoArgs,
        prefix: &str,
        settings: &Settings,
        account: &str,
        region: &str,
    ) -> Result<Self> {
        let user = arguments.user.clone();
        let user = user
            .or_else(|| Var::GitlabUserLogin.text())
            .or_else(env::user_name)
            .unwrap_or_else(|| "unknown".to_owned());
        if user.len() > 100 || user.contains(char::is_control) {
            return Err(Error::usage("the user's name is none").hint("give it by --user"));
        }
        // A job that brings keys of its own uses those.
        let own = [Var::AwsAccessKeyId, Var::AwsProfile, Var::AwsRoleArn];
        let host = match own.into_iter().any(|var| var.text().is_some()) {
            true => None,
            false => keys_from_host(account, region)?,
        };
        if let Some(keys) = host {
            if arguments.role_arn.is_some() || arguments.group.is_some() {
                return Err(Error::usage("in a job the role is its host's to choose")
                    .hint("leave out --role-arn and --group: the operator's `[[roles]]` decide"));
            }
            let (keys, role) = keys.taken();
            let aws = Aws::with_keys(&keys, region).await;
            return Ok(Who { aws, user, role });
        }
        let role = match (&arguments.role_arn, &arguments.group) {
            (Some(arn), _) => Some(arn.clone()),
            (None, Some(group)) => {
                let parameter = format!("/{}/SecurityMappingTable", prefix.trim_matches('/'));
                let host = Aws::connect(&settings.aws, None, region).await;
                Some(role_of_group(&host, &parameter, account, group).await?)
            }
            (None, None) => None,
        };
        let taken = role.as_ref().map(|arn| AssumeRole {
            role_arn: arn.clone(),
            // As the portal's own sessions are called.
            session_name: format!("{user}-session"),
            ..AssumeRole::default()
        });
        Ok(Who {
            aws: Aws::connect(&settings.aws, taken.as_ref(), region).await,
            user,
            role: role.or_else(|| settings.aws.role_arn.clone()),
        })
    }

    /// ARN of the role that acts, as AWS says where nobody else does.
    ///
    /// # Errors
    /// That there are no credentials.
    pub(super) async fn acts_as(&self) -> Result<String> {
        match &self.role {
            Some(role) => Ok(role.clone()),
            None => Ok(role_behind(&self.aws.caller().await?.arn)),
        }
    }
}
