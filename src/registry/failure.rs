//! What a request to a registry can fail with: a sentence for people, and the reason where it has a remedy.

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::Response;

use super::refusal::{self, Kind};
use super::send::limited;
use super::{Registry, redirect};
use crate::error::{Cause, Error, links};
use crate::http::innermost;

/// Reasons that callers act on; everything else is `Other`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The registry takes no login that there is.
    Unauthorized,
    /// The login was good once.
    Expired,
    /// `ecr:…`, where ECR tells it.
    Denied {
        action: Option<String>,
    },
    NameUnknown,
    ManifestUnknown,
    BlobUnknown,
    /// The tag is another image's, and stays so.
    TagImmutable,
    TooManyRequests,
    /// 5xx
    Server(u16),
    /// The connection ended, or fell silent, before the answer was complete.
    Cut,
    /// No connection, no name.
    Unreachable,
    Certificate,
    TooLarge,
    /// The time for the whole is over.
    TimedOut,
    /// There is no login to ask with; the error inside says why.
    NoLogin,
    Other,
}

/// What is being done, behind `cannot`, and to which repository.
pub(super) struct Doing {
    pub(super) what: String,
    pub(super) repository: String,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// The registry's own words, or those of the layer that failed.
    pub(super) message: String,
    /// Apart, as a failure travels by value through every call.
    told: Box<Told>,
}

/// What else is known, for the sentence at the end.
#[derive(Debug)]
struct Told {
    /// 0: there was no answer.
    status: u16,
    code: Option<String>,
    resource: Option<String>,
    host: String,
    doing: String,
    repository: String,
    kind: Kind,
    wait: Duration,
    because: Option<Error>,
}

const ANSWER_LIMIT: usize = 64 * 1024;

impl Failure {
    /// The registry's own words, or those of the layer that failed.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn new(registry: &Registry, doing: &Doing, reason: Reason, message: &str) -> Self {
        let kind = if registry.address.ecr().is_some() {
            Kind::Ecr
        } else {
            Kind::Other
        };
        Failure {
            reason,
            message: message.to_owned(),
            told: Box::new(Told {
                status: 0,
                code: None,
                resource: None,
                host: registry.host().to_owned(),
                doing: doing.what.clone(),
                repository: doing.repository.clone(),
                kind,
                wait: Duration::ZERO,
                because: None,
            }),
        }
    }

    /// An answer that is no success.
    pub(super) async fn of_answer(registry: &Registry, doing: &Doing, answer: Response) -> Self {
        let status = answer.status();
        let mut failure = Failure::new(registry, doing, Reason::Other, "");
        // A body that cannot be read says nothing, but the status does.
        let body = Box::pin(limited(registry, doing, answer, ANSWER_LIMIT))
            .await
            .unwrap_or_default();
        let refusal = refusal::read(status.as_u16(), &body, failure.told.kind);
        failure.reason = refusal.reason;
        failure.told.status = status.as_u16();
        failure.told.code = refusal.code;
        failure.told.resource = refusal.resource;
        failure.message = refusal
            .message
            .unwrap_or_else(|| status.canonical_reason().unwrap_or("no words").to_owned());
        failure
    }

    /// No answer, or half of one.
    pub(super) fn of_transport(registry: &Registry, doing: &Doing, error: reqwest::Error) -> Self {
        let elsewhere = error.url().filter(|url| !registry.address.is_host_of(url));
        let at = elsewhere.map(redirect::shown);
        let error = error.without_url();
        let reason = if has_bad_certificate(&error) {
            Reason::Certificate
        } else if error.is_connect() {
            Reason::Unreachable
        } else {
            Reason::Cut
        };
        let at = at.map(|at| format!(" (at `{at}`)")).unwrap_or_default();
        Failure::new(
            registry,
            doing,
            reason,
            &format!("{}{at}", innermost(&error)),
        )
    }

    /// A time limit that ran out.
    pub(super) fn of_silence(registry: &Registry, doing: &Doing) -> Self {
        if std::time::Instant::now() >= registry.deadline {
            Failure::new(registry, doing, Reason::TimedOut, "the time for it is over")
        } else {
            Failure::new(registry, doing, Reason::Cut, "no answer in time")
        }
    }

    pub(super) fn because(mut self, error: Error) -> Self {
        self.told.because = Some(error);
        self
    }

    /// The registry asks to be left alone for so long.
    pub(super) fn not_before(mut self, wait: Duration) -> Self {
        self.told.wait = wait;
        self
    }

    pub(super) fn wait(&self) -> Duration {
        self.told.wait
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn is_transient(&self) -> bool {
        match &self.reason {
            Reason::TooManyRequests | Reason::Server(_) | Reason::Cut | Reason::Unreachable => true,
            Reason::Unauthorized
            | Reason::Expired
            | Reason::Denied { .. }
            | Reason::NameUnknown
            | Reason::ManifestUnknown
            | Reason::BlobUnknown
            | Reason::TagImmutable
            | Reason::Certificate
            | Reason::TooLarge
            | Reason::TimedOut
            | Reason::NoLogin
            | Reason::Other => false,
        }
    }

    /// The failure as an error: `cannot <doing>`, the registry's words, and whose turn it is.
    pub(super) fn into_error(self) -> Error {
        let Failure {
            reason,
            message,
            mut told,
        } = self;
        if let Some(error) = told.because.take() {
            return error;
        }
        let summary = format!("cannot {}", told.doing);
        let error = match &reason {
            Reason::Unauthorized | Reason::Expired | Reason::Denied { .. } => {
                Error::denied(summary)
            }
            Reason::NameUnknown | Reason::ManifestUnknown | Reason::TagImmutable => {
                Error::precondition(summary)
            }
            Reason::TooLarge => Error::refused(summary),
            Reason::BlobUnknown
            | Reason::TooManyRequests
            | Reason::Server(_)
            | Reason::Cut
            | Reason::Unreachable
            | Reason::Certificate
            | Reason::TimedOut
            | Reason::NoLogin
            | Reason::Other => Error::system(summary),
        };
        let status = match (told.status, &told.code) {
            (0, _) => String::new(),
            (status, Some(code)) => format!(" {status} {code}:"),
            (status, None) => format!(" {status}:"),
        };
        let error = error.caused_by(Cause::line(format!("`{}`:{status} {message}", told.host)));
        match advice(&reason, &told) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// What the reader can do now.
fn advice(reason: &Reason, told: &Told) -> Option<String> {
    let (host, repository) = (&told.host, &told.repository);
    Some(match (reason, told.kind) {
        (Reason::Unauthorized, Kind::Ecr) => {
            format!("the operator checks that this host's role may use `{host}`: a token of another region, or of a role that was removed, is not taken")
        }
        (Reason::Unauthorized, Kind::Other) => format!("the caller logs in with `docker login {host}`, or checks the user and password for it"),
        (Reason::Expired, _) => "a new login had ended too: the operator checks this host's clock".to_owned(),
        (Reason::Denied { action: Some(action) }, _) => {
            let quote = |text: &str| serde_json::Value::from(text).to_string();
            let statement = format!(r#"{{"Effect":"Allow","Action":{},"Resource":{}}}"#, quote(action), quote(told.resource.as_deref().unwrap_or("*")));
            format!("the operator adds to the policy of this host's role, and for another account's repository to that repository's policy: {statement}")
        }
        (Reason::Denied { action: None }, _) => format!("whoever manages `{host}` gives this login the right to `{repository}`"),
        (Reason::NameUnknown, Kind::Ecr) => format!("make the repository once: `aws ecr create-repository --repository-name {repository}`, as a role of the registry's account"),
        (Reason::NameUnknown, Kind::Other) => format!("check the path `{repository}`: the registry has no such repository, or does not show it to this login"),
        (Reason::ManifestUnknown, _) => format!("check the tag or digest: `{repository}` has no such image"),
        (Reason::TagImmutable, _) => format!("push under a new tag: in `{repository}` a tag stays on its image; the operator can except tags that move, such as `latest`"),
        (Reason::TooManyRequests, _) => "try again in a minute: the registry takes no more requests now".to_owned(),
        (Reason::Server(_), _) => format!("try again later: `{host}` itself has failed, four times"),
        (Reason::Cut | Reason::TimedOut, _) => format!("try again; if it stays, the operator checks the network between this host and `{host}`"),
        (Reason::Unreachable, _) => format!("the operator checks this host's way to `{host}`: name, route, HTTPS_PROXY"),
        (Reason::Certificate, _) => format!("the operator adds the authority that signed for `{host}` to this host's certificates, or names its file by SSL_CERT_FILE"),
        (Reason::TooLarge, _) => "a manifest has at most 4 MiB: build the image with fewer layers, annotations or platforms".to_owned(),
        (Reason::Other, _) if told.status == 405 => "the registry does not take this kind of manifest: build without attestations".to_owned(),
        (Reason::BlobUnknown | Reason::NoLogin | Reason::Other, _) => return None,
    })
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.into_error()
    }
}

fn has_bad_certificate(error: &(dyn StdError + 'static)) -> bool {
    links(error).any(|link| {
        matches!(
            link.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        )
    })
}
