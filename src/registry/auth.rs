//! How a request proves who asks: Basic, or a token that the registry's own service gives for a scope.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, Url};
use serde::Deserialize;

use super::address::Address;
use super::challenge::Challenge;
use super::failure::Doing;
use super::login::{Freshness, Login};
use super::send::{answer_within, limited};
use super::{Failure, Reason, Registry, redirect};
use crate::job::Secret;

/// What is known about a registry's way to be asked.
#[derive(Default)]
pub(super) struct Auth {
    challenge: Option<Challenge>,
    login: Option<Login>,
    tokens: BTreeMap<String, Token>,
}

struct Token {
    value: Secret,
    until: Instant,
}

/// What a token has to be good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Pull(String),
    Push(String),
    /// Push to the first, with blobs out of the second.
    Mount(String, String),
}

/// Whether a 401 says something new, so that the request is worth repeating with the same login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Challenged {
    Anew,
    AsBefore,
}

/// Source: "Token Authentication Specification": a missing `expires_in` means 60 seconds.
const DEFAULT_LIFE: Duration = Duration::from_secs(60);
const ANSWER_LIMIT: usize = 1024 * 1024;

#[derive(Deserialize)]
struct Answer {
    token: Option<Secret>,
    access_token: Option<Secret>,
    expires_in: Option<u64>,
}

impl Auth {
    /// ECR takes Basic and nothing else, so the first request can carry it. Source: ECR user guide, "Using HTTP API authentication".
    pub(super) fn first(address: &Address) -> Self {
        Auth {
            challenge: address.ecr().map(|_| Challenge::Basic),
            ..Auth::default()
        }
    }
}

impl Scope {
    fn parts(&self) -> Vec<String> {
        match self {
            Scope::Pull(name) => vec![format!("repository:{name}:pull")],
            Scope::Push(name) => vec![format!("repository:{name}:pull,push")],
            Scope::Mount(to, from) => vec![
                format!("repository:{to}:pull,push"),
                format!("repository:{from}:pull"),
            ],
        }
    }
}

impl Registry {
    /// The `Authorization` of the next request; `None` where nothing was asked for yet, or nobody is logged in.
    pub(super) async fn authorization(
        &self,
        scope: &Scope,
        doing: &Doing,
    ) -> Result<Option<HeaderValue>, Failure> {
        let challenge = self.auth().challenge.clone();
        match challenge {
            None => Ok(None),
            Some(Challenge::Basic) => Ok(basic(&self.login_now(doing).await?)),
            Some(Challenge::Bearer { realm, service }) => {
                let key = scope.parts().join(" ");
                let held = self
                    .auth()
                    .tokens
                    .get(&key)
                    .filter(|token| token.until > Instant::now())
                    .map(|token| token.value.clone());
                let token = match held {
                    Some(token) => token,
                    None => self.fetch(&realm, service.as_deref(), scope, doing).await?,
                };
                Ok(sensitive(&format!("Bearer {}", token.reveal())))
            }
        }
    }

    /// Notes what a 401 asks for.
    pub(super) fn challenged(&self, challenge: Option<Challenge>) -> Challenged {
        let mut auth = self.auth();
        if challenge.is_none() || auth.challenge == challenge {
            return Challenged::AsBefore;
        }
        auth.challenge = challenge;
        auth.tokens.clear();
        Challenged::Anew
    }

    /// Whether requests have carried a login so far.
    pub(super) fn has_login(&self) -> bool {
        matches!(
            self.auth().login,
            Some(Login::Basic { .. } | Login::IdentityToken(_))
        )
    }

    /// Asks for another login, in place of the one that was refused.
    pub(super) async fn renew_login(&self, doing: &Doing) -> Result<(), Failure> {
        let login = self
            .login
            .login(Freshness::Fresh)
            .await
            .map_err(|error| self.without_login(error, doing))?;
        let mut auth = self.auth();
        auth.login = Some(login);
        auth.tokens.clear();
        Ok(())
    }

    async fn login_now(&self, doing: &Doing) -> Result<Login, Failure> {
        if let Some(login) = self.auth().login.clone() {
            return Ok(login);
        }
        let login = self
            .login
            .login(Freshness::Cached)
            .await
            .map_err(|error| self.without_login(error, doing))?;
        self.auth().login = Some(login.clone());
        Ok(login)
    }

    fn without_login(&self, error: crate::error::Error, doing: &Doing) -> Failure {
        Failure::new(self, doing, Reason::NoLogin, "no login").because(error)
    }

    /// A token of the registry's own service.
    async fn fetch(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: &Scope,
        doing: &Doing,
    ) -> Result<Secret, Failure> {
        let fail = |reason, text: &str| Failure::new(self, doing, reason, text);
        let realm = Url::parse(realm).map_err(|_| {
            fail(
                Reason::Other,
                "the registry names a token service that is no URL",
            )
        })?;
        let client = redirect::client_for(self, &realm).map_err(|why| fail(Reason::Other, &why))?;
        let login = self.login_now(doing).await?;
        let request = match &login {
            Login::IdentityToken(token) => {
                let mut form = query(service, scope);
                for (name, value) in [
                    ("grant_type", "refresh_token"),
                    ("client_id", "baws-ci"),
                    ("refresh_token", token.reveal()),
                ] {
                    form.query_pairs_mut().append_pair(name, value);
                }
                let body = form.query().unwrap_or_default().to_owned();
                client
                    .post(realm.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(body)
            }
            Login::Basic { .. } | Login::Anonymous => {
                let mut url = realm.clone();
                url.query_pairs_mut()
                    .extend_pairs(query(service, scope).query_pairs());
                let request = client.get(url);
                match basic(&login) {
                    Some(header) => request.header(AUTHORIZATION, header),
                    None => request,
                }
            }
        };
        let answer = answer_within(self, doing, request.send()).await?;
        self.token_of(answer, scope, doing).await
    }

    async fn token_of(
        &self,
        answer: Response,
        scope: &Scope,
        doing: &Doing,
    ) -> Result<Secret, Failure> {
        let fail = |reason, text: &str| Failure::new(self, doing, reason, text);
        if !answer.status().is_success() {
            return Err(Failure::of_answer(self, doing, answer).await);
        }
        let body = limited(self, doing, answer, ANSWER_LIMIT).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| {
            fail(
                Reason::Other,
                "the token service's answer is no JSON with a token",
            )
        })?;
        let value = answer
            .token
            .or(answer.access_token)
            .ok_or_else(|| fail(Reason::Other, "the token service's answer holds no token"))?;
        let life = answer
            .expires_in
            .map_or(DEFAULT_LIFE, Duration::from_secs)
            .clamp(Duration::from_secs(10), Duration::from_secs(3600));
        let token = Token {
            value: value.clone(),
            // Before its end, as the request it is for takes time too.
            until: Instant::now() + life * 9 / 10,
        };
        self.auth().tokens.insert(scope.parts().join(" "), token);
        Ok(value)
    }

    fn auth(&self) -> std::sync::MutexGuard<'_, Auth> {
        self.auth.lock().expect("nothing panics while it is held")
    }
}

/// Service and scopes as a query; the host of the URL means nothing.
fn query(service: Option<&str>, scope: &Scope) -> Url {
    let mut url = Url::parse("https://query.invalid/").expect("it is a URL");
    {
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(service.map(|service| ("service", service)));
        pairs.extend_pairs(scope.parts().into_iter().map(|part| ("scope", part)));
    }
    url
}

fn basic(login: &Login) -> Option<HeaderValue> {
    match login {
        Login::Anonymous => None,
        Login::Basic { username, password } => {
            let pair = format!("{username}:{}", password.reveal());
            sensitive(&format!("Basic {}", BASE64_STANDARD.encode(pair)))
        }
        // For registries that take no tokens. Source: docker/cli `types.AuthConfig`: the user `<token>` stands for one.
        Login::IdentityToken(token) => sensitive(&format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("<token>:{}", token.reveal()))
        )),
    }
}

/// `None` for what no header can hold.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
