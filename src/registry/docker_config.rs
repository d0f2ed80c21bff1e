//! Docker's own logins: `config.json`, as `docker login` writes it; in a job also DOCKER_AUTH_CONFIG, as GitLab knows it.
//!
//! Source: docker/cli `cli/config/configfile/file.go` and `cli/config/credentials/file_store.go`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::{Freshness, Login, LoginSource, docker_helper};
use crate::env::Var;
use crate::error::{Cause, Error, Result};
use crate::job::{Credential, Secret};

/// Docker Hub's key, whatever name it goes by elsewhere. Source: docker/cli `IndexServer`.
const HUB_KEY: &str = "https://index.docker.io/v1/";
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DockerConfig {
    auths: BTreeMap<String, Entry>,
    creds_store: String,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// Base64 of `user:password`.
    auth: Secret,
    username: String,
    password: Secret,
    identitytoken: Secret,
}

impl DockerConfig {
    /// The file of `DOCKER_CONFIG`, else of the home directory; a missing one holds no logins.
    pub(crate) fn load() -> Result<Self> {
        let home = || Var::Home.path().map(|home| home.join(".docker"));
        let Some(directory) = Var::DockerConfig.path().or_else(home) else {
            return Ok(DockerConfig::default());
        };
        let file: PathBuf = directory.join("config.json");
        let cannot = || {
            Error::usage(format!(
                "cannot read Docker's logins in `{}`",
                file.display()
            ))
        };
        let hint = "the caller corrects the file, or points DOCKER_CONFIG to another directory";
        match std::fs::read(&file) {
            Ok(text) => {
                serde_json::from_slice(&text).map_err(|error| cannot().caused_by(error).hint(hint))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(DockerConfig::default())
            }
            Err(error) => Err(cannot().caused_by(error).hint(hint)),
        }
    }

    /// The logins that a job brings itself: DOCKER_AUTH_CONFIG, else the file. Read where the job runs, never on its host.
    ///
    /// Source: GitLab documentation, "Access an image from a private container registry".
    ///
    /// # Errors
    /// DOCKER_AUTH_CONFIG, or the file, is malformed.
    pub(crate) fn of_job() -> Result<Vec<Credential>> {
        let config = match Var::DockerAuthConfig.text() {
            None => DockerConfig::load()?,
            Some(text) => serde_json::from_str(&text).map_err(|error| {
                Error::usage("DOCKER_AUTH_CONFIG cannot be read")
                    .caused_by(error)
                    .hint("it is the text of a Docker `config.json`: `{\"auths\": {\"registry.example\": {\"auth\": \"…\"}}}`")
            })?,
        };
        let logins = config.auths.iter().filter_map(|(key, entry)| {
            let host = if key == HUB_KEY {
                "docker.io"
            } else {
                bare(key)
            };
            match entry.login() {
                Login::Basic { username, password } => {
                    Some(Credential::of(host, &username, password))
                }
                Login::Anonymous | Login::IdentityToken(_) => None,
            }
        });
        Ok(logins.collect())
    }

    /// The logins in the text of a `config.json`, by address and path: what a job brings for the images it runs in. Helpers
    /// that it names are not called: they would be programs of the host's, with the host's own logins.
    ///
    /// # Errors
    /// `Refused`: it is no such text.
    pub(crate) fn logins_in(text: &str) -> Result<Vec<Credential>> {
        let config: DockerConfig = serde_json::from_str(text).map_err(|error| {
            // The text is a secret, and what serde says of it may hold a part.
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::refused("the job's DOCKER_AUTH_CONFIG cannot be read")
                .caused_by(Cause::line(place))
            .hint("it is the text of a Docker `config.json`: `{\"auths\": {\"registry.example\": {\"auth\": \"…\"}}}`")
        })?;
        let logins = config.auths.iter().filter_map(|(key, entry)| {
            let Login::Basic { username, password } = entry.login() else {
                return None;
            };
            let address = match key == HUB_KEY {
                true => "docker.io",
                false => key
                    .trim_start_matches("https://")
                    .trim_start_matches("http://"),
            };
            Some(Credential::of(address, &username, password))
        });
        Ok(logins.collect())
    }

    /// The login for a registry; anonymous where there is none.
    async fn login(&self, host: &str) -> Result<Login> {
        let key = if HUB.contains(&host) { HUB_KEY } else { host };
        let helper = self
            .cred_helpers
            .get(key)
            .or_else(|| self.cred_helpers.get(host));
        if let Some(helper) = helper {
            return Ok(docker_helper::get(helper, key)
                .await?
                .unwrap_or(Login::Anonymous));
        }
        if !self.creds_store.is_empty()
            && let Some(login) = docker_helper::get(&self.creds_store, key).await?
        {
            return Ok(login);
        }
        Ok(self.entry(key).map_or(Login::Anonymous, Entry::login))
    }

    /// The logins of one registry, asked for anew each time.
    pub(crate) fn source(self: &Arc<Self>, host: &str) -> Arc<dyn LoginSource> {
        Arc::new(OfHost {
            config: Arc::clone(self),
            host: host.to_owned(),
        })
    }

    /// By its exact key, else by the host that a key with a scheme or a path means.
    fn entry(&self, key: &str) -> Option<&Entry> {
        let by_host = || {
            let wanted = bare(key);
            self.auths
                .iter()
                .find(|(written, _)| bare(written) == wanted)
                .map(|(_, entry)| entry)
        };
        self.auths.get(key).or_else(by_host)
    }
}

struct OfHost {
    config: Arc<DockerConfig>,
    host: String,
}

impl LoginSource for OfHost {
    fn login(&self, _freshness: Freshness) -> BoxFuture<'_, Result<Login>> {
        Box::pin(self.config.login(&self.host))
    }
}

impl Entry {
    fn login(&self) -> Login {
        if !self.identitytoken.reveal().is_empty() {
            return Login::IdentityToken(self.identitytoken.clone());
        }
        let decoded = BASE64_STANDARD
            .decode(self.auth.reveal())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        // Docker itself ends the password at a NUL that old versions wrote.
        let pair = decoded
            .as_ref()
            .and_then(|text| text.trim_end_matches('\0').split_once(':'));
        match pair {
            Some((username, password)) => Login::Basic {
                username: username.to_owned(),
                password: Secret::new(password),
            },
            None if !self.username.is_empty() => Login::Basic {
                username: self.username.clone(),
                password: self.password.clone(),
            },
            None => Login::Anonymous,
        }
    }
}

/// Source: docker/cli `ConvertToHostname`.
fn bare(key: &str) -> &str {
    let rest = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    rest.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(config: &str, host: &str) -> Login {
        let config: DockerConfig = serde_json::from_str(config).unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime
            .enable_all()
            .build()
            .unwrap()
            .block_on(config.login(host))
            .unwrap()
    }

    fn user(login: &Login) -> &str {
        match login {
            Login::Basic { username, .. } => username,
            Login::IdentityToken(_) => "<token>",
            Login::Anonymous => "",
        }
    }

    #[test]
    fn logins_are_found_under_every_form_of_a_host() {
        let config = r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "aHViOnB3"},
            "r.example": {"auth": "cmVnOnB3OndpdGg6Y29sb25z"},
            "https://old.example/v1/": {"username": "old", "password": "pw"},
            "http://plain.example": {"auth": "cGxhaW46cHc="},
            "token.example:5000": {"identitytoken": "t0ken", "auth": "PHRva2VuPjo="},
            "empty.example": {}
        }, "credsStore": "", "HttpHeaders": {"x": "y"}}"#;
        for (host, expected) in [
            ("docker.io", "hub"),
            ("r.example", "reg"),
            ("old.example", "old"),
            ("plain.example", "plain"),
            ("token.example:5000", "<token>"),
            ("token.example", ""),
            ("empty.example", ""),
            ("unknown.example", ""),
        ] {
            assert_eq!(user(&login(config, host)), expected, "{host}");
        }
        let Login::Basic { password, .. } = login(config, "r.example") else {
            panic!()
        };
        assert_eq!(password.reveal(), "pw:with:colons");
    }
}
