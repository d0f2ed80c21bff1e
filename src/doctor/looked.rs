//! What a look at one thing came to, whoever was asked: missing is not forbidden is not unreachable.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::finding::{Finding, Kind, Statement, Turn};
use crate::error::Error;
use crate::{aws, docker, gitlab};

/// Of one question. A dead address must not hold all.
pub(super) const LIMIT: Duration = Duration::from_secs(12);

#[derive(Clone, Debug)]
pub(super) enum Looked<T> {
    Found(T),
    Missing,
    Forbidden {
        words: String,
        /// Action and resource, where a policy refused.
        lacks: Option<(String, String)>,
    },
    Unreachable(String),
    /// An answer that makes no sense, or a refusal nobody classified.
    Strange(String),
}

/// A failure of one of those who are asked.
pub(super) trait Hindrance {
    fn looked<T>(self) -> Looked<T>;
}

impl Hindrance for aws::Failure {
    fn looked<T>(self) -> Looked<T> {
        let words = self.told();
        match self.reason {
            aws::Reason::NotFound => Looked::Missing,
            aws::Reason::Denied { action, resource } => Looked::Forbidden {
                words,
                lacks: Some((action, resource)),
            },
            aws::Reason::Expired | aws::Reason::NoCredentials => {
                Looked::Forbidden { words, lacks: None }
            }
            aws::Reason::Throttled | aws::Reason::Unreachable => Looked::Unreachable(words),
            aws::Reason::AlreadyExists
            | aws::Reason::InvalidParameter
            | aws::Reason::Unsupported
            | aws::Reason::Unmet
            | aws::Reason::Other => Looked::Strange(words),
        }
    }
}

impl Hindrance for gitlab::Failure {
    fn looked<T>(self) -> Looked<T> {
        let words = self.told().to_owned();
        match self.kind {
            gitlab::Kind::NotFound => Looked::Missing,
            gitlab::Kind::Unauthorized | gitlab::Kind::Scope(_) | gitlab::Kind::Forbidden => {
                Looked::Forbidden { words, lacks: None }
            }
            gitlab::Kind::RateLimited | gitlab::Kind::Unreachable | gitlab::Kind::Server => {
                Looked::Unreachable(words)
            }
            gitlab::Kind::Moved(_) | gitlab::Kind::Refused | gitlab::Kind::Strange => {
                Looked::Strange(words)
            }
        }
    }
}

impl Hindrance for docker::Failure {
    fn looked<T>(self) -> Looked<T> {
        match self.reason {
            docker::Reason::NotFound => Looked::Missing,
            docker::Reason::Unreachable => Looked::Unreachable(self.detail),
            docker::Reason::Conflict
            | docker::Reason::Already
            | docker::Reason::Invalid
            | docker::Reason::Other => Looked::Strange(self.detail),
        }
    }
}

impl Hindrance for Error {
    fn looked<T>(self) -> Looked<T> {
        Looked::Strange(self.to_string())
    }
}

/// The answer of one question, or that it did not come in time.
pub(super) async fn look<T, H: Hindrance>(
    question: impl Future<Output = Result<Option<T>, H>>,
) -> Looked<T> {
    within(left().min(LIMIT), question).await
}

async fn within<T, H: Hindrance>(
    limit: Duration,
    question: impl Future<Output = Result<Option<T>, H>>,
) -> Looked<T> {
    match tokio::time::timeout(limit, question).await {
        Ok(Ok(Some(found))) => Looked::Found(found),
        Ok(Ok(None)) => Looked::Missing,
        Ok(Err(hindrance)) => hindrance.looked(),
        Err(_) if limit.is_zero() => Looked::Unreachable("no time was left for it".to_owned()),
        Err(_) => Looked::Unreachable(format!("no answer within {} s", limit.as_secs())),
    }
}

/// When all has to be over: many dead addresses must not hold all either.
static END: Mutex<Option<Instant>> = Mutex::new(None);

/// Questions that are not answered by then are given up.
pub(super) fn end_within(all: Duration) {
    *END.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + all);
}

fn left() -> Duration {
    let end = *END.lock().unwrap_or_else(PoisonError::into_inner);
    end.map_or(LIMIT, |end| end.saturating_duration_since(Instant::now()))
}

/// What is looked at, for the sentences about what hindered it.
pub(super) struct Subject<'a> {
    pub(super) code: &'static str,
    /// Which of several.
    pub(super) about: &'a str,
    /// In a sentence: `the parameter`, followed by `about` where there is one.
    pub(super) what: &'a str,
    pub(super) turn: Turn,
    /// What to do where it is missing.
    pub(super) missing: &'a str,
    /// Whose permissions count.
    pub(super) identity: &'a str,
}

impl Subject<'_> {
    fn named(&self) -> String {
        match self.about.is_empty() {
            true => self.what.to_owned(),
            false => format!("{} `{}`", self.what, self.about),
        }
    }

    pub(super) fn ok(&self, told: impl std::fmt::Display) -> Finding {
        Finding::ok(self.code, told).about(self.about)
    }

    pub(super) fn wrong(&self, told: impl std::fmt::Display) -> Finding {
        let fault = Finding::fault(self.code, Kind::Wrong, told);
        fault.about(self.about).turn(self.turn)
    }

    pub(super) fn warning(&self, told: impl std::fmt::Display) -> Finding {
        let warning = Finding::warning(self.code, told);
        warning.about(self.about).turn(self.turn)
    }

    /// What was found; else the finding of what hindered.
    pub(super) fn found<T>(&self, looked: Looked<T>) -> Result<T, Finding> {
        let named = self.named();
        let fault = |kind, told: String| Finding::fault(self.code, kind, told).about(self.about);
        Err(match looked {
            Looked::Found(found) => return Ok(found),
            Looked::Missing => fault(Kind::Missing, format!("{named} is not there"))
                .turn(self.turn)
                .remedy(self.missing),
            Looked::Forbidden { words, lacks } => {
                let told = format!("{named} may not be looked at: {words}");
                let finding = fault(Kind::Forbidden, told);
                match lacks {
                    Some((action, resource)) => finding
                        .turn(Turn::Iam)
                        .remedy(format!("allow `{action}` on `{resource}`: the statement is below"))
                        .statement(Some(Statement {
                            identity: self.identity.to_owned(),
                            action,
                            resource,
                        })),
                    None => finding
                        .turn(Turn::Host)
                        .remedy("give this host a credential that is good, and has the rights for this"),
                }
            }
            Looked::Unreachable(words) => {
                fault(Kind::Unreachable, format!("{named} cannot be reached: {words}"))
                    .turn(Turn::Host)
                    .remedy("check this host's way there: names, routes, HTTPS_PROXY and NO_PROXY, certificates (SSL_CERT_FILE)")
            }
            Looked::Strange(words) => {
                fault(Kind::Wrong, format!("{named} cannot be looked at: {words}")).turn(self.turn)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(identity: &str) -> Subject<'_> {
        Subject {
            code: "aws.parameter",
            about: "/baws/Audit",
            what: "the parameter",
            turn: Turn::Platform,
            missing: "deploy the stack",
            identity,
        }
    }

    #[test]
    fn missing_is_not_forbidden_is_not_unreachable() {
        let of = |looked: Looked<()>| subject("me").found(looked).unwrap_err();
        let kinds = [
            Looked::Missing,
            Looked::Forbidden {
                words: "no".to_owned(),
                lacks: None,
            },
            Looked::Unreachable("gone".to_owned()),
            Looked::Strange("?".to_owned()),
        ]
        .map(|looked| of(looked).kind());
        assert_eq!(
            kinds.map(|kind| kind.map(Kind::name)),
            [
                Some("missing"),
                Some("forbidden"),
                Some("unreachable"),
                Some("wrong")
            ]
        );
    }

    #[test]
    fn a_refusal_by_policy_names_the_statement_and_whose_policy_it_belongs_to() {
        let finding = subject("arn:aws:iam::1:role/x").found::<()>(Looked::Forbidden {
            words: "no".to_owned(),
            lacks: Some(("ssm:GetParameter".to_owned(), "arn:x".to_owned())),
        });
        let statement = finding.unwrap_err().statement.unwrap();
        assert_eq!(
            (statement.identity.as_str(), statement.action.as_str()),
            ("arn:aws:iam::1:role/x", "ssm:GetParameter")
        );
    }

    #[test]
    fn what_does_not_answer_is_unreachable_and_holds_nobody_up() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build();
        let never = std::future::pending::<Result<Option<()>, gitlab::Failure>>();
        let looked = runtime.unwrap().block_on(within(Duration::ZERO, never));
        assert!(matches!(looked, Looked::Unreachable(why) if why == "no time was left for it"));
    }
}
