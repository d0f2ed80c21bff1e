//! The public keys by which GitLab signs ID tokens.
//!
//! Source: GitLab documentation, "OpenID Connect (OIDC) authentication using ID tokens"; RFC 7517 (JSON Web Key).

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::error::{Cause, Error, Result};
use crate::http::innermost;
use crate::settings::GitlabSettings;

const TIMEOUT: Duration = Duration::from_secs(10);
/// GitLab has a handful of keys; what is larger is none of its answers.
const MOST_BYTES: usize = 1 << 20;

/// One RSA key: modulus and exponent as base64url, as GitLab sends them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PublicKey {
    pub(crate) kid: String,
    pub(crate) n: String,
    pub(crate) e: String,
}

#[derive(Deserialize)]
struct KeySet {
    /// Keys of other kinds are passed over.
    keys: Vec<serde_json::Value>,
}

/// GitLab's keys, fetched when one is wanted that is not at hand.
pub(crate) struct GitlabKeys {
    url: String,
    held: Mutex<Vec<PublicKey>>,
}

impl GitlabKeys {
    /// `None`: the settings name no GitLab.
    pub(crate) fn of(settings: &GitlabSettings) -> Option<Self> {
        let own = settings.url.as_ref()?;
        let usual = || format!("{}/oauth/discovery/keys", own.trim_end_matches('/'));
        Some(GitlabKeys {
            url: settings.keys_url.clone().unwrap_or_else(usual),
            held: Mutex::new(Vec::new()),
        })
    }

    /// # Errors
    /// `System` where GitLab does not answer; `Refused` where it has no such key.
    pub(crate) async fn key(&self, kid: &str) -> Result<PublicKey> {
        let mut held = self.held.lock().await;
        if let Some(key) = held.iter().find(|key| key.kid == kid) {
            return Ok(key.clone());
        }
        *held = self.fetch().await?;
        let found = held.iter().find(|key| key.kid == kid).cloned();
        found.ok_or_else(|| {
            Error::refused("the job's ID token is not signed by a key of this GitLab")
                .caused_by(Cause::line(format!("keys of `{}`", self.url)))
        })
    }

    async fn fetch(&self) -> Result<Vec<PublicKey>> {
        let unreachable = |why: String| {
            Error::system(format!("cannot read GitLab's keys at `{}`", self.url))
                .caused_by(Cause::line(why))
                .hint("the operator checks this host's way to GitLab, and `url` and `keys_url` in `[gitlab]` of the settings")
        };
        let told =
            |error: reqwest::Error| unreachable(innermost(&error).replace(char::is_control, " "));
        let client = crate::http::builder().timeout(TIMEOUT).build();
        let response = client.map_err(told)?.get(&self.url).send().await;
        let response = response.map_err(told)?;
        if !response.status().is_success() {
            return Err(unreachable(format!("it answered {}", response.status())));
        }
        let bytes = response.bytes().await.map_err(told)?;
        if bytes.len() > MOST_BYTES {
            return Err(unreachable("the answer is too large".to_owned()));
        }
        let set: KeySet = serde_json::from_slice(&bytes)
            .map_err(|error| unreachable(format!("the answer is no set of keys: {error}")))?;
        let keys = set.keys.into_iter();
        Ok(keys
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect())
    }
}
