//! A login for ECR's registries.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Aws, Failure, Resource};
use crate::job::Secret;

/// A login for every registry of one region that the principal may use.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// `AWS`
    pub(crate) username: String,
    pub(crate) password: Secret,
    /// Seconds since 1970, as both times here, by this host's clock.
    pub(crate) issued_at: u64,
    /// Twelve hours later, as AWS tells it.
    pub(crate) expires_at: u64,
}

impl Aws {
    /// A new login for ECR; see `TokenCache` for one that is shared.
    pub(super) async fn authorization(&self) -> Result<Token, Failure> {
        let doing = format!("log in to ECR in `{}`", self.region);
        let call = || self.ecr_call("GetAuthorizationToken", Resource::Any, &doing);
        let answer = self.ecr.get_authorization_token().send().await;
        let answer = answer.map_err(|error| call().failed(error))?;
        let data = answer.authorization_data().first();
        let token = data.and_then(|data| {
            let (username, password) = decoded(data.authorization_token()?)?;
            Some(Token {
                username,
                password,
                issued_at: now(),
                expires_at: data.expires_at()?.secs().try_into().ok()?,
            })
        });
        token.ok_or_else(|| call().malformed("the answer holds no token"))
    }
}

/// User and password of a token. Source: ECR `AuthorizationData`: base64 of `user:password`.
fn decoded(token: &str) -> Option<(String, Secret)> {
    let bytes = BASE64_STANDARD.decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), Secret::new(password)))
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_user_and_password() {
        let (user, password) = decoded("QVdTOmFiYzpkZWY=").unwrap();
        assert_eq!((user.as_str(), password.reveal()), ("AWS", "abc:def"));
        assert!(decoded("QVdT").is_none());
        assert!(decoded("?").is_none());
    }
}
