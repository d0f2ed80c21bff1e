//! Why a repository could not be made ready, with a code that Backstage can tell apart.

use crate::aws;
use crate::error::{Cause, Error};
use crate::gitlab::{Failure, Kind};

/// An error and its code; the codes are documented in `docs/bootstrap.md` and keep their meaning.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) code: &'static str,
    pub(crate) error: Error,
    /// It stands in the JSON that was printed.
    pub(crate) told: bool,
}

impl Stopped {
    pub(crate) fn new(code: &'static str, error: Error) -> Self {
        Stopped {
            code,
            error,
            told: false,
        }
    }

    /// What is asked for cannot be.
    pub(super) fn usage(message: impl std::fmt::Display) -> Self {
        Stopped::new("wrong_input", Error::usage(message))
    }

    pub(super) fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.error = self.error.caused_by(Cause::line(cause));
        self
    }

    pub(super) fn hint(mut self, hint: impl std::fmt::Display) -> Self {
        self.error = self.error.hint(hint);
        self
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        let code = match &failure.kind {
            Kind::Unauthorized => "token_invalid",
            Kind::Scope(_) => "scope_missing",
            Kind::Forbidden => "role_too_low",
            Kind::NotFound => "not_found",
            Kind::Moved(_) => "project_moved",
            Kind::Refused => "gitlab_refused",
            Kind::RateLimited => "rate_limited",
            Kind::Unreachable => "gitlab_unreachable",
            Kind::Server | Kind::Strange => "gitlab_failed",
        };
        Stopped::new(code, failure.into())
    }
}

impl From<aws::Failure> for Stopped {
    fn from(failure: aws::Failure) -> Self {
        Stopped::new("aws_failed", failure.into())
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        let code = match error.class().code() {
            2 => "wrong_input",
            3 => "token_invalid",
            4 => "not_found",
            _ => "internal",
        };
        Stopped::new(code, error)
    }
}
