//! A job's ID token: a fact only after its signature is verified against GitLab's keys and it says that it is this job's.
//!
//! Pure: token, key and time in, claims or a refusal out. Source of the claims: GitLab documentation, "OpenID Connect (OIDC)
//! authentication using ID tokens", "Token payload"; of the checks: RFC 7519 and RFC 8725.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Cause, Error, Result};
use crate::gitlab::PublicKey;

/// Clocks of two hosts differ by no more.
const SKEW_SECS: u64 = 60;
/// GitLab's tokens have some 2 KB.
const MOST_BYTES: usize = 16 << 10;

/// What a verified token adds to the facts of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Who began the job.
    pub(crate) user_login: String,
    /// Paths of the groups of which they are a direct member.
    pub(crate) groups: Vec<String>,
    /// The job's GitLab environment. The pipeline file names it.
    pub(crate) environment: Option<String>,
    /// `sub`, which trust policies of AWS look at.
    pub(crate) subject: String,
}

/// What a token has to say to be this job's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) job_id: u64,
    pub(crate) project_id: u64,
}

#[derive(Deserialize)]
struct Body {
    iss: String,
    aud: Value,
    sub: String,
    exp: u64,
    #[serde(default)]
    nbf: u64,
    /// Texts in GitLab's tokens, as the next one.
    job_id: Value,
    project_id: Value,
    #[serde(default)]
    user_login: String,
    #[serde(default)]
    groups_direct: Option<Vec<String>>,
    #[serde(default)]
    environment: Option<String>,
}

/// The number of the key that the token says it is signed by.
///
/// # Errors
/// `Refused` for what is no token, or none that is signed as GitLab signs.
pub(crate) fn key_id(token: &str) -> Result<String> {
    if token.len() > MOST_BYTES {
        return Err(refused("it is too large"));
    }
    let head = jsonwebtoken::decode_header(token).map_err(|_| refused("it is no signed token"))?;
    if head.alg != Algorithm::RS256 {
        return Err(refused("it is not signed with RS256, as GitLab signs"));
    }
    head.kid.ok_or_else(|| refused("it names no key"))
}

/// The token's claims; `now` in seconds since 1970.
///
/// # Errors
/// `Refused`, with what is wrong; never with any part of the token.
pub(crate) fn verified(
    token: &str,
    key: &PublicKey,
    expected: &Expected<'_>,
    now: u64,
) -> Result<Claims> {
    let key = DecodingKey::from_rsa_components(&key.n, &key.e)
        .map_err(|_| refused("the key it names is no RSA key"))?;
    // What it says is checked below, each with a sentence of its own.
    let mut rules = Validation::new(Algorithm::RS256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    let body = jsonwebtoken::decode::<Body>(token, &key, &rules).map_err(|error| {
        refused(match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => {
                "its signature is not that of GitLab's key"
            }
            _ => "it does not hold what GitLab's tokens hold",
        })
    })?;
    let body = body.claims;
    if body.iss != expected.issuer {
        return Err(refused("it was issued by another GitLab"));
    }
    let audience = |one: &Value| one.as_str() == Some(expected.audience);
    let is_for_us = match &body.aud {
        Value::Array(all) => all.iter().any(audience),
        one => audience(one),
    };
    if !is_for_us {
        return Err(refused("it is for somebody else (`aud`)").hint(format!(
            "in the pipeline file the job has `id_tokens: {{BAWS_CI_ID_TOKEN: {{aud: {}}}}}`",
            expected.audience
        )));
    }
    if body.exp + SKEW_SECS <= now {
        return Err(refused("it has expired"));
    }
    if body.nbf > now + SKEW_SECS {
        return Err(refused("it is not valid yet")
            .hint("the operator checks the clocks of this host and of GitLab"));
    }
    if number(&body.job_id) != Some(expected.job_id) {
        return Err(refused("it is another job's"));
    }
    if number(&body.project_id) != Some(expected.project_id) {
        return Err(refused("it is another project's"));
    }
    Ok(Claims {
        user_login: body.user_login,
        groups: body.groups_direct.unwrap_or_default(),
        environment: body.environment.filter(|name| !name.is_empty()),
        subject: body.sub,
    })
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

fn refused(why: &str) -> Error {
    Error::refused("the job's ID token does not count").caused_by(Cause::line(why))
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
