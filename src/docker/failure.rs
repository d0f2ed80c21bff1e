//! What a call to the engine can fail with: a sentence for people, and the reason where it has a remedy.

use std::fmt::Display;

use bollard::errors::Error as Docker;

use crate::error::{Cause, Error};

/// Reasons that callers act on; everything else is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// 404: no such container, image, network or volume.
    NotFound,
    /// 409: the name is taken, or removal is under way.
    Conflict,
    /// 304: it already runs, or already does not.
    Already,
    /// 400: the engine does not accept what was asked for.
    Invalid,
    /// The engine did not answer in time, or not at all.
    Unreachable,
    Other,
}

impl Reason {
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            304 => Reason::Already,
            400 => Reason::Invalid,
            404 => Reason::NotFound,
            409 => Reason::Conflict,
            _ => Reason::Other,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// The engine's own words.
    pub(crate) detail: String,
    doing: String,
    host: String,
}

impl Failure {
    pub(super) fn new(doing: impl Display, error: Docker, host: &str) -> Self {
        let (reason, detail) = match error {
            Docker::DockerResponseServerError {
                status_code,
                message,
            } => (Reason::of_status(status_code), message.trim().to_owned()),
            Docker::DockerStreamError { error } => (Reason::Other, error.trim().to_owned()),
            Docker::RequestTimeoutError => (Reason::Unreachable, "no answer in time".to_owned()),
            other => (Reason::Unreachable, innermost(&other)),
        };
        Failure::from_parts(doing, reason, detail, host)
    }

    pub(super) fn from_parts(
        doing: impl Display,
        reason: Reason,
        detail: String,
        host: &str,
    ) -> Self {
        Failure {
            reason,
            detail,
            doing: doing.to_string(),
            host: host.to_owned(),
        }
    }

    /// The failure as a system error: `cannot <doing>`, then the engine's words.
    pub(crate) fn into_error(self) -> Error {
        let error = Error::system(format!("cannot {}", self.doing));
        match self.reason {
            Reason::Unreachable => error
                .caused_by(Cause::line(format!("the Docker engine at `{}`: {}", self.host, self.detail)))
                .hint("the operator of this host checks the Docker engine: it stopped, restarted or is overloaded"),
            Reason::NotFound | Reason::Conflict | Reason::Already | Reason::Invalid | Reason::Other => {
                error.caused_by(Cause::line(&self.detail))
            }
        }
    }
}

/// What lies at the bottom of a transport error, such as "Connection refused"; the layers above only repeat themselves.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.into_error()
    }
}
