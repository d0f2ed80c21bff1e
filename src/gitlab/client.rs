//! Sends requests to one GitLab: waits where it says so, tries again what may be sent again, follows pages.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gitlab::api::Endpoint;
use gitlab::api::endpoint_prelude::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::failure::if_any;
use super::wire::{Answer, Loss, Traffic, header, next_page, patience, retry_after};
use crate::error::{Error, Result};
use crate::job::Secret;

/// Of one request: the server's own limit for most of the API is 60 s.
const TIMEOUT: Duration = Duration::from_secs(75);
/// A file of a repository may be larger; nothing that is asked for here is.
const MOST_BYTES: usize = 32 << 20;
/// Between tries of what was lost or met a fault of the server.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
];
/// How long one request may wait in all for its turn.
const MOST_PATIENCE: Duration = Duration::from_secs(600);
const PRIVATE_TOKEN: HeaderName = HeaderName::from_static("private-token");
/// Rows of a page. Source: GitLab REST API, "Pagination": at most 100.
const PAGE: &str = "100";

/// One GitLab, as one token, or as nobody.
pub(crate) struct Gitlab {
    /// Without a slash at the end.
    address: String,
    api: Url,
    token: Option<HeaderValue>,
    http: reqwest::Client,
    requests: AtomicU32,
    writes: AtomicU32,
    /// Hears of long waits.
    tell: Box<dyn Fn(String) + Send + Sync>,
}

impl Gitlab {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// `Usage` for an address that is none, or over which a token would travel in the clear.
    pub(crate) fn connect(
        address: &str,
        token: &Secret,
        tell: Box<dyn Fn(String) + Send + Sync>,
    ) -> Result<Self> {
        Gitlab::at(address, Some(header(token)?), tell)
    }

    /// For the few calls that take what they need in their body. Errors: as [`Gitlab::connect`], for the address.
    pub(crate) fn as_nobody(address: &str) -> Result<Self> {
        Gitlab::at(address, None, Box::new(drop))
    }

    fn at(
        address: &str,
        token: Option<HeaderValue>,
        tell: Box<dyn Fn(String) + Send + Sync>,
    ) -> Result<Self> {
        let address = address.trim_end_matches('/').to_owned();
        let wrong = |why: &str| {
            Error::usage(format!("`{address}` is no address of a GitLab"))
                .caused_by(crate::error::Cause::line(why))
                .hint("write it as https://gitlab.example.com")
        };
        let api =
            Url::parse(&format!("{address}/api/v4/")).map_err(|error| wrong(&error.to_string()))?;
        match api.scheme() {
            _ if crate::http::keeps_secrets(&api) => {}
            "http" => {
                return Err(wrong(
                    "over plain http everybody on the way could read the token",
                ));
            }
            _ => return Err(wrong("it does not begin with https://")),
        }
        if !api.username().is_empty() || api.password().is_some() || api.query().is_some() {
            return Err(wrong("it holds more than a host and a path"));
        }
        let http = crate::http::builder().timeout(TIMEOUT).build();
        let http =
            http.map_err(|error| Error::system("cannot make an HTTP client").caused_by(error))?;
        Ok(Gitlab {
            address,
            api,
            token,
            http,
            requests: AtomicU32::new(0),
            writes: AtomicU32::new(0),
            tell,
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Host, and port where it is not the usual one.
    pub(crate) fn host(&self) -> String {
        let host = self.api.host_str().unwrap_or_default();
        match self.api.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
        }
    }

    /// The answer's JSON, of a success. `doing` stands behind `cannot`.
    pub(super) async fn value<T: DeserializeOwned>(
        &self,
        doing: &str,
        endpoint: &impl Endpoint,
    ) -> Result<T, Failure> {
        let answer = self.bytes(doing, endpoint).await?;
        serde_json::from_slice(&answer).map_err(|error| {
            Failure::strange(doing, &format!("its answer cannot be read: {error}"))
        })
    }

    /// The same where 404 means that it is not there.
    pub(super) async fn value_if_any<T: DeserializeOwned>(
        &self,
        doing: &str,
        endpoint: &impl Endpoint,
    ) -> Result<Option<T>, Failure> {
        if_any(self.value(doing, endpoint).await)
    }

    /// The answer's body, of a success.
    pub(super) async fn bytes(
        &self,
        doing: &str,
        endpoint: &impl Endpoint,
    ) -> Result<Vec<u8>, Failure> {
        let url = self.url(doing, endpoint)?;
        Ok(self.send(doing, endpoint, url).await?.body)
    }

    /// All rows of a list, page by page.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        doing: &str,
        endpoint: &impl Endpoint,
    ) -> Result<Vec<T>, Failure> {
        self.pages(doing, endpoint, &[("per_page", PAGE)]).await
    }

    /// The same for lists that are cut by the last row's key and not by numbers: those may be of any length.
    pub(super) async fn all_by_key<T: DeserializeOwned>(
        &self,
        doing: &str,
        endpoint: &impl Endpoint,
    ) -> Result<Vec<T>, Failure> {
        self.pages(
            doing,
            endpoint,
            &[("per_page", PAGE), ("pagination", "keyset")],
        )
        .await
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        doing: &str,
        endpoint: &impl Endpoint,
        with: &[(&str, &str)],
    ) -> Result<Vec<T>, Failure> {
        let mut url = self.url(doing, endpoint)?;
        url.query_pairs_mut().extend_pairs(with);
        let mut rows = Vec::new();
        loop {
            let answer = self.send(doing, endpoint, url.clone()).await?;
            let page: Vec<T> = serde_json::from_slice(&answer.body).map_err(|error| {
                Failure::strange(doing, &format!("its answer cannot be read: {error}"))
            })?;
            let none = page.is_empty();
            rows.extend(page);
            match next_page(&url, &answer.headers) {
                // A page without rows that names another one would be the first of endlessly many.
                Some(next) if !none && next != url => url = next,
                Some(_) | None => return Ok(rows),
            }
        }
    }

    fn url(&self, doing: &str, endpoint: &impl Endpoint) -> Result<Url, Failure> {
        let mut url = self
            .api
            .join(&endpoint.endpoint())
            .map_err(|error| Failure::strange(doing, &error.to_string()))?;
        endpoint.parameters().add_to_url(&mut url);
        if url.query() == Some("") {
            url.set_query(None);
        }
        Ok(url)
    }

    async fn send(
        &self,
        doing: &str,
        endpoint: &impl Endpoint,
        url: Url,
    ) -> Result<Answer, Failure> {
        let method = endpoint.method();
        let body = endpoint
            .body()
            .map_err(|error| Failure::strange(doing, &error.to_string()))?;
        let reads = method == Method::GET || method == Method::HEAD;
        let mut pauses = PAUSES.into_iter();
        let mut waited = Duration::ZERO;
        loop {
            self.requests.fetch_add(1, Ordering::Relaxed);
            if !reads {
                self.writes.fetch_add(1, Ordering::Relaxed);
            }
            let failure = match self.once(&method, &url, body.as_ref()).await {
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    let turn = retry_after(&answer.headers).unwrap_or(PAUSES[2]);
                    waited += turn;
                    if waited > MOST_PATIENCE {
                        return Err(Failure::answered(doing, &answer));
                    }
                    if turn >= Duration::from_secs(5) {
                        (self.tell)(format!(
                            "GitLab takes no more requests for now; going on in {}",
                            crate::output::duration(turn)
                        ));
                    }
                    tokio::time::sleep(patience(turn)).await;
                    continue;
                }
                Ok(answer) => Failure::answered(doing, &answer),
                Err(loss) => Failure::lost(doing, &self.address, &loss),
            };
            // What was never sent may be sent again, and so may what changes nothing.
            let again = failure.is_transient() && (reads || !failure.may_have_landed());
            match pauses.next().filter(|_| again) {
                Some(pause) => tokio::time::sleep(patience(pause)).await,
                None => return Err(failure),
            }
        }
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&(&'static str, Vec<u8>)>,
    ) -> Result<Answer, Loss> {
        let mut request = reqwest::Request::new(method.clone(), url.clone());
        let headers: &mut HeaderMap = request.headers_mut();
        headers.extend(self.token.clone().map(|token| (PRIVATE_TOKEN, token)));
        if let Some((kind, bytes)) = body {
            headers.insert(
                reqwest::header::CONTENT_TYPE,
                HeaderValue::from_static(kind),
            );
            *request.body_mut() = Some(bytes.clone().into());
        }
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut response = response;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await? {
            if body.len() + piece.len() > MOST_BYTES {
                return Err(Loss::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Of a success of which nobody wants to know more.
    pub(super) async fn done(&self, doing: &str, endpoint: &impl Endpoint) -> Result<(), Failure> {
        self.bytes(doing, endpoint).await.map(drop)
    }
}
