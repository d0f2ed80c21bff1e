//! What a call to AWS can fail with: a sentence for people, and the reason where it has a remedy. Made by `call`.

use super::permission::statement;
use crate::error::{Cause, Error};

/// Reasons that callers act on; everything else is `Other`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    NotFound,
    AlreadyExists,
    /// A policy says no.
    Denied {
        action: String,
        resource: String,
    },
    /// The credentials were good once.
    Expired,
    Throttled,
    InvalidParameter,
    /// The host has no credentials, or AWS does not know those it has.
    NoCredentials,
    /// This service, in this place, does not offer the call.
    Unsupported,
    /// AWS took the call, did not do what it asks, and says what is missing for it.
    Unmet,
    /// No connection, no name, no certificate, or no answer in time.
    Unreachable,
    Other,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// Such as `ecr:DescribeRepositories`.
    pub(super) operation: String,
    pub(super) code: Option<String>,
    /// AWS's own words, or those of the layer that failed.
    pub(super) message: String,
    pub(super) request_id: Option<String>,
    pub(super) region: String,
    pub(super) doing: String,
    pub(super) transient: Transient,
    pub(super) landed: Landed,
}

/// Whether a call that failed may have had its effect all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landed {
    /// It was answered with a refusal, or never reached AWS.
    No,
    /// Its answer was lost, or was a failure of AWS's own.
    Perhaps,
}

/// Whether the same call may succeed a little later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transient {
    Yes,
    No,
}

impl Failure {
    /// Whether the same call may succeed a little later.
    pub(crate) fn is_transient(&self) -> bool {
        self.transient == Transient::Yes
    }

    pub(crate) fn landed(&self) -> Landed {
        self.landed
    }

    /// In one line: what was asked, and AWS's answer.
    pub(crate) fn told(&self) -> String {
        self.words()
    }

    /// The failure as an error: `cannot <doing>`, AWS's words, and whose turn it is.
    pub(super) fn into_error(self) -> Error {
        let summary = format!("cannot {}", self.doing);
        let error = match &self.reason {
            Reason::NotFound | Reason::AlreadyExists | Reason::Unmet => {
                Error::precondition(summary)
            }
            Reason::Denied { .. } | Reason::Expired | Reason::NoCredentials => {
                Error::denied(summary)
            }
            Reason::InvalidParameter => Error::usage(summary),
            Reason::Throttled | Reason::Unreachable | Reason::Unsupported | Reason::Other => {
                Error::system(summary)
            }
        };
        let error = error.caused_by(Cause::line(self.words()));
        match &self.reason {
            Reason::Denied { action, resource } => denied(error, action, resource),
            Reason::NoCredentials => error
                .hint(
                    "the operator gives this host credentials that AWS knows: an instance profile or task role, \
                     AWS_PROFILE, AWS_ACCESS_KEY_ID with its secret, or a web identity",
                )
                .hint(
                    "of a profile with SSO or credential_process the keys are exported first: \
                     `eval \"$(aws configure export-credentials --format env)\"`",
                ),
            Reason::Expired => error.hint(
                "whoever gave this host its credentials renews them, and the operator checks the host's clock: \
                 AWS takes no request that is five minutes off",
            ),
            Reason::Throttled => error.hint("try again in a minute: the account makes more of these calls than AWS takes"),
            Reason::Unreachable => error.hint(format!(
                "the operator checks this host's way to AWS in `{}`: names, routes, HTTPS_PROXY, and the certificates \
                 (SSL_CERT_FILE)",
                self.region
            )),
            Reason::NotFound
            | Reason::AlreadyExists
            | Reason::InvalidParameter
            | Reason::Unsupported
            | Reason::Unmet
            | Reason::Other => error,
        }
    }

    /// Operation, code, message and request id: what AWS's support asks for.
    fn words(&self) -> String {
        let operation = match &self.reason {
            Reason::NoCredentials if self.code.is_none() => "no credentials".to_owned(),
            _ => format!("`{}` in `{}`", self.operation, self.region),
        };
        let code = self
            .code
            .as_ref()
            .map(|code| format!(" {code}:"))
            .unwrap_or_default();
        let id = self
            .request_id
            .as_ref()
            .map(|id| format!(" (request id {id})"))
            .unwrap_or_default();
        format!("{operation}:{code} {}{id}", self.message)
    }
}

fn denied(error: Error, action: &str, resource: &str) -> Error {
    if action == "sts:AssumeRoleWithWebIdentity" {
        return error.hint(
            "the account needs an identity provider in IAM for the token's issuer, and the role's trust policy must take \
             the token's `aud` and `sub`: `baws-ci auth explain` shows the statement",
        );
    }
    let statement = statement(action, resource);
    let error = error.hint(format!(
        "the operator adds to the policy of this host's role: {statement}"
    ));
    if action.starts_with("sts:") {
        return error.hint(
            "the role's own trust policy must name this host's role too, and the external id if it asks for one \
             (`external_id`); `baws-ci auth explain` shows what both need",
        );
    }
    if resource == "*" || !action.starts_with("ecr:") {
        error
    } else {
        error
            .hint("for a repository of another account, that repository's policy must allow it too")
    }
}

/// An answer, or `None` where AWS says that it is not there.
pub(super) async fn if_any<T>(
    answer: impl Future<Output = Result<T, Failure>>,
) -> Result<Option<T>, Failure> {
    match answer.await {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.reason == Reason::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.into_error()
    }
}
