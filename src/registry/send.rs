//! One request to a registry: its login, its time limits, its retries.
//!
//! Retried are cuts, 429 and 5xx, four attempts in all; a refused login is renewed once. Never retried: what is not there,
//! what is denied, a tag that stays.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Method, Response, Url};

use super::auth::{Challenged, Scope};
use super::client::SILENCE;
use super::failure::Doing;
use super::payload::Payload;
use super::{Failure, Reason, Registry, challenge};

pub(super) const ATTEMPTS: u32 = 4;
/// A registry asks for one thing; a second one is a token that had become another service's.
const MOST_CHALLENGES: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

/// A request whose body, if any, can be sent again.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    /// Below `/v2/`, or whole.
    pub(super) to: Target,
    pub(super) about: About,
    pub(super) scope: Scope,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Option<Payload>,
    /// Statuses beside 2xx that are an answer and not a failure.
    pub(super) also: &'a [u16],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Manifest,
    Blob,
}

pub(super) enum Target {
    Path(String),
    Url(Url),
}

impl Registry {
    /// The answer, once there is one that is a success or among those asked for.
    pub(super) async fn ask(&self, ask: &Ask<'_>, doing: &Doing) -> Result<Response, Failure> {
        let (mut attempt, mut renewed, mut challenges) = (1, false, 0);
        loop {
            let answer = self.ask_once(ask, ask.method.clone(), doing).await;
            let failure = match answer {
                Ok(answer)
                    if answer.status().is_success()
                        || ask.also.contains(&answer.status().as_u16()) =>
                {
                    return Ok(answer);
                }
                Ok(answer) => {
                    let headers = answer.headers().get_all(WWW_AUTHENTICATE);
                    let asked_for =
                        challenge::parse(headers.iter().filter_map(|value| value.to_str().ok()));
                    if answer.status() == 401
                        && challenges < MOST_CHALLENGES
                        && self.challenged(asked_for) == Challenged::Anew
                    {
                        challenges += 1;
                        continue;
                    }
                    let wait = retry_after(&answer);
                    let silent = ask.method == Method::HEAD && answer.status().is_client_error();
                    let failure = Failure::of_answer(self, doing, answer).await;
                    let failure = wait.into_iter().fold(failure, Failure::not_before);
                    if silent {
                        self.explained(ask, failure, doing).await
                    } else {
                        failure
                    }
                }
                Err(failure) => failure,
            };
            match failure.reason {
                Reason::Unauthorized | Reason::Expired if !renewed && self.has_login() => {
                    renewed = true;
                    self.renew_login(doing).await?;
                }
                _ if failure.is_transient() && attempt < ATTEMPTS => {
                    self.pause(attempt, failure).await?;
                    attempt += 1;
                }
                _ => return Err(failure),
            }
        }
    }

    /// A refused HEAD says nothing but its status; the same question as GET is refused with words.
    ///
    /// Of a blob only the login's end is taken from there: ECR's policies tell looking from fetching.
    async fn explained(&self, ask: &Ask<'_>, failure: Failure, doing: &Doing) -> Failure {
        let answer = match self.ask_once(ask, Method::GET, doing).await {
            Ok(answer) if answer.status().is_client_error() => answer,
            Ok(_) | Err(_) => return failure,
        };
        let told = Failure::of_answer(self, doing, answer).await;
        let ended = matches!(told.reason, Reason::Expired | Reason::Unauthorized);
        if ended || ask.about == About::Manifest {
            told
        } else {
            failure
        }
    }

    async fn ask_once(
        &self,
        ask: &Ask<'_>,
        method: Method,
        doing: &Doing,
    ) -> Result<Response, Failure> {
        let authorization = self.authorization(&ask.scope, doing).await?;
        let mut last = None;
        for scheme in self.address.schemes() {
            let url = match &ask.to {
                Target::Url(url) => Ok(url.clone()),
                Target::Path(path) => self.address.url(path),
            };
            let mut url = url.map_err(|error| Failure::new(self, doing, Reason::Other, &error))?;
            let _ = url.set_scheme(scheme);
            let mut request = self.client.own().request(method.clone(), url);
            for (name, value) in &ask.headers {
                request = request.header(name, value);
            }
            // A login is there only after a challenge, and by then the scheme is known.
            if let Some(authorization) = &authorization {
                request = request.header(AUTHORIZATION, authorization);
            }
            if let Some(body) = &ask.body {
                request = request.header(CONTENT_LENGTH, body.len()).body(body.body());
            }
            match answer_within(self, doing, request.send()).await {
                Ok(answer) => {
                    self.address.scheme_is(scheme);
                    return Ok(answer);
                }
                Err(failure) => last = Some(failure),
            }
        }
        Err(last.expect("there is at least one scheme"))
    }

    /// Waits before the next attempt, and gives the failure back when the time for the whole would be over.
    pub(super) async fn pause(&self, attempt: u32, failure: Failure) -> Result<(), Failure> {
        let doubled = FIRST_PAUSE
            .saturating_mul(1 << attempt.min(8).saturating_sub(1))
            .min(LONGEST_PAUSE);
        let pause = doubled.mul_f64(jitter()).max(failure.wait());
        if Instant::now() + pause >= self.deadline {
            return Err(failure);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// The head of an answer, unless silence or the deadline comes first.
pub(super) async fn answer_within(
    registry: &Registry,
    doing: &Doing,
    answer: impl Future<Output = reqwest::Result<Response>>,
) -> Result<Response, Failure> {
    let limit = SILENCE.min(registry.deadline.saturating_duration_since(Instant::now()));
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failure::of_transport(registry, doing, error)),
        Err(_) => Err(Failure::of_silence(registry, doing)),
    }
}

/// A whole body, of at most so many bytes.
pub(super) async fn limited(
    registry: &Registry,
    doing: &Doing,
    mut answer: Response,
    most: usize,
) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    loop {
        let limit = SILENCE.min(registry.deadline.saturating_duration_since(Instant::now()));
        match tokio::time::timeout(limit, answer.chunk()).await {
            Ok(Ok(Some(chunk))) if body.len() + chunk.len() <= most => {
                body.extend_from_slice(&chunk)
            }
            Ok(Ok(Some(_))) => {
                let text = format!("the answer is longer than {most} bytes");
                return Err(Failure::new(registry, doing, Reason::TooLarge, &text));
            }
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(Failure::of_transport(registry, doing, error)),
            Err(_) => return Err(Failure::of_silence(registry, doing)),
        }
    }
}

/// In seconds; a date, which registries do not send, counts as nothing.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

/// Between a half and one: clients that failed together do not come back together.
fn jitter() -> f64 {
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    0.5 + f64::from(nanos.wrapping_mul(2_654_435_761) >> 16) / 131_072.0
}
