//! A session of a role: by the host's own credentials, or by a token that AWS trusts in their place.
//!
//! The SDK's own provider takes no source identity. Source of every field: STS API reference, `AssumeRole` and
//! `AssumeRoleWithWebIdentity`.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::types::{Credentials as Keys, Tag};

use super::AssumeRole;

#[derive(Debug)]
pub(super) struct RoleProvider {
    sts: aws_sdk_sts::Client,
    role: AssumeRole,
}

impl RoleProvider {
    /// `chain`: who takes the role, where no token does.
    pub(super) fn of(base: &SdkConfig, chain: SharedCredentialsProvider, role: AssumeRole) -> Self {
        let config = base.to_builder().credentials_provider(chain).build();
        RoleProvider {
            sts: aws_sdk_sts::Client::new(&config),
            role,
        }
    }

    async fn fetch(&self) -> Result<Credentials, CredentialsError> {
        let role = &self.role;
        let name = super::connect::session_name(&role.session_name);
        let duration = role.duration_secs.and_then(|secs| i32::try_from(secs).ok());
        if let Some(token) = &role.web_identity {
            let call = self
                .sts
                .assume_role_with_web_identity()
                .role_arn(&role.role_arn)
                .role_session_name(name)
                .web_identity_token(token.reveal())
                .set_policy(role.policy.clone())
                .set_duration_seconds(duration);
            let answer = call.send().await.map_err(told)?;
            return keys(answer.credentials, "AssumeRoleWithWebIdentity");
        }
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        let tags: Result<Vec<Tag>, _> = role.tags.iter().map(tag).collect();
        let tags = tags.map_err(CredentialsError::invalid_configuration)?;
        let call = self
            .sts
            .assume_role()
            .role_arn(&role.role_arn)
            .role_session_name(name)
            .set_external_id(role.external_id.clone())
            .set_policy(role.policy.clone())
            .set_duration_seconds(duration)
            .set_tags(Some(tags).filter(|tags| !tags.is_empty()))
            .set_source_identity(role.source_identity.clone());
        let answer = call.send().await.map_err(told)?;
        keys(answer.credentials, "AssumeRole")
    }
}

impl ProvideCredentials for RoleProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.fetch())
    }
}

/// A refusal of AWS's, so that its code is found among the causes; all else as the SDK tells it.
fn told<E>(error: SdkError<E>) -> CredentialsError
where
    E: std::error::Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(answer) => CredentialsError::provider_error(answer.into_err()),
        SdkError::TimeoutError(_) => CredentialsError::provider_error(error),
        other => CredentialsError::provider_error(other),
    }
}

fn keys(keys: Option<Keys>, from: &'static str) -> Result<Credentials, CredentialsError> {
    let keys = keys.ok_or_else(|| CredentialsError::unhandled("AWS sent no credentials"))?;
    let until = SystemTime::try_from(*keys.expiration()).map_err(CredentialsError::unhandled)?;
    Ok(Credentials::new(
        keys.access_key_id(),
        keys.secret_access_key(),
        Some(keys.session_token().to_owned()),
        Some(until),
        from,
    ))
}
