//! Who AWS takes us for, and the keys themselves.

use std::time::SystemTime;

use super::call::Call;
use super::{Aws, Failure};
use crate::job::Secret;

/// Who signs this client's calls, as AWS says.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Twelve digits.
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// A session's keys.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    pub(crate) session_token: Option<Secret>,
    /// Seconds since 1970; `None`: they do not end.
    pub(crate) until: Option<u64>,
}

impl Aws {
    /// Source: STS API reference, `GetCallerIdentity`, which no policy can forbid.
    pub(crate) async fn caller(&self) -> Result<Caller, Failure> {
        let answer = aws_sdk_sts::Client::new(&self.config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| self.identity_call("GetCallerIdentity").failed(error))?;
        Ok(Caller {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        })
    }

    /// Fetches them where they are not at hand.
    pub(crate) async fn keys(&self) -> Result<Keys, Failure> {
        let found = self.held.credentials().await;
        let found =
            found.map_err(|error| self.identity_call("AssumeRole").no_credentials(&error))?;
        let until = found
            .expiry()
            .and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok());
        Ok(Keys {
            access_key_id: found.access_key_id().to_owned(),
            secret_access_key: Secret::new(found.secret_access_key()),
            session_token: found.session_token().map(Secret::new),
            until: until.map(|end| end.as_secs()),
        })
    }

    fn identity_call(&self, action: &'static str) -> Call {
        Call {
            service: "sts",
            action,
            resource: self.role.clone().unwrap_or_else(|| "*".to_owned()),
            region: self.region.clone(),
            role: self.role.clone(),
            doing: "find out who this is for AWS".to_owned(),
        }
    }
}
