//! A request that GitLab did not grant: which kind of no it was, from status and shape alone.

use std::fmt::Display;

use reqwest::StatusCode;
use serde_json::Value;

use super::wire::{Answer, Loss};
use crate::error::{Cause, Class, Error};
use crate::http::innermost;

/// Texts of GitLab's and of proxies before it may be whole pages.
const LONGEST_TEXT: usize = 400;

/// What kind of no it is. Texts decide nothing: they change between versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The token is wrong, expired or revoked.
    Unauthorized,
    /// The token lacks one of these scopes, as GitLab says.
    Scope(String),
    /// The token's user has no right to it.
    Forbidden,
    /// Not there, or hidden from this token: GitLab does not tell the two apart.
    NotFound,
    /// It has another address now.
    Moved(Option<String>),
    /// GitLab will not do it with what was sent, or with what is there.
    Refused,
    RateLimited,
    /// No answer at all.
    Unreachable,
    /// A fault of the server or of a proxy before it.
    Server,
    /// An answer that makes no sense.
    Strange,
}

/// A request that failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// Behind `cannot`.
    doing: String,
    /// In GitLab's words, one line.
    told: String,
    /// Whether it may have been done all the same.
    landed: bool,
}

impl Failure {
    pub(super) fn answered(doing: &str, answer: &Answer) -> Self {
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let status = answer.status;
        let kind = match status {
            StatusCode::UNAUTHORIZED => Kind::Unauthorized,
            StatusCode::FORBIDDEN => match (value["error"].as_str(), value["scope"].as_str()) {
                // Source: RFC 6750, section 3.1.
                (Some("insufficient_scope"), scope) => {
                    Kind::Scope(one_line(scope.unwrap_or_default()))
                }
                (Some(_) | None, _) => Kind::Forbidden,
            },
            StatusCode::NOT_FOUND => Kind::NotFound,
            StatusCode::TOO_MANY_REQUESTS => Kind::RateLimited,
            status if status.is_redirection() => {
                let location = answer.headers.get(reqwest::header::LOCATION);
                Kind::Moved(location.and_then(|to| to.to_str().ok()).map(one_line))
            }
            status if status.is_client_error() => Kind::Refused,
            status if status.is_server_error() => Kind::Server,
            _ => Kind::Strange,
        };
        let said = match value.is_null() {
            true => String::from_utf8_lossy(&answer.body).into_owned(),
            false => message(&value),
        };
        Failure {
            doing: doing.to_owned(),
            told: format!("GitLab answered {}: {}", status.as_u16(), one_line(&said)),
            landed: status.is_server_error(),
            kind,
        }
    }

    pub(super) fn lost(doing: &str, address: &str, loss: &Loss) -> Self {
        let (told, landed) = match loss {
            Loss::Transport(error) => (
                format!("`{address}` does not answer: {}", innermost(error)),
                !(error.is_connect() || error.is_builder()),
            ),
            Loss::TooLarge => ("its answer is too large".to_owned(), true),
        };
        Failure {
            kind: match loss {
                Loss::Transport(_) => Kind::Unreachable,
                Loss::TooLarge => Kind::Strange,
            },
            doing: doing.to_owned(),
            told: one_line(&told),
            landed,
        }
    }

    pub(super) fn strange(doing: &str, why: &str) -> Self {
        Failure {
            kind: Kind::Strange,
            doing: doing.to_owned(),
            told: one_line(why),
            landed: true,
        }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// Whether a later try may fare better.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.kind, Kind::Unreachable | Kind::Server)
    }

    /// Whether what was asked for may have been done although no one said so.
    pub(crate) fn may_have_landed(&self) -> bool {
        self.landed
    }

    /// In GitLab's words.
    pub(crate) fn told(&self) -> &str {
        &self.told
    }
}

/// An answer, or `None` where GitLab says that it is not there.
pub(super) fn if_any<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// An endpoint as its builder made it.
pub(super) fn built<E>(doing: &str, made: Result<E, impl Display>) -> Result<E, Failure> {
    made.map_err(|why| Failure::strange(doing, &why.to_string()))
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let class = match &failure.kind {
            Kind::Unauthorized | Kind::Scope(_) | Kind::Forbidden => Class::Denied,
            Kind::NotFound | Kind::Moved(_) | Kind::Refused => Class::Precondition,
            Kind::RateLimited | Kind::Unreachable | Kind::Server | Kind::Strange => Class::System,
        };
        let error = Error::new(class, format!("cannot {}", failure.doing))
            .caused_by(Cause::line(&failure.told));
        match &failure.kind {
            Kind::Unauthorized => error.hint(
                "the token is wrong, expired or revoked: the operator gives a new one, a personal access token of a service account that is Maintainer of the group, with the scope `api`",
            ),
            Kind::Scope(scope) => error.hint(format!(
                "the token lacks a scope ({}): the operator makes one with the scope `api`",
                if scope.is_empty() { "GitLab does not say which" } else { scope }
            )),
            Kind::Forbidden => error.hint(
                "the token's user has too low a role here: it takes Maintainer of the group, and of the project where that is older than the token",
            ),
            Kind::Unreachable => error.hint(
                "whoever runs this checks this machine's way to GitLab, and the address",
            ),
            Kind::RateLimited => error.hint("run it again later: it goes on where it stopped"),
            Kind::Server => error.hint(
                "run it again: it goes on where it stopped. If this stays, GitLab's operator looks at its log",
            ),
            Kind::NotFound | Kind::Moved(_) | Kind::Refused | Kind::Strange => error,
        }
    }
}

/// What an error says, from all of GitLab's shapes: a text, a list, texts by field, and those of OAuth.
fn message(value: &Value) -> String {
    let flat = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => texts(list),
        Value::Object(fields) => {
            let told = fields.iter().filter_map(|(field, why)| match why {
                // GitLab sends some fields along although nothing is wrong with them.
                Value::Array(list) if list.is_empty() => None,
                Value::Array(list) if field == "base" => Some(texts(list)),
                Value::Array(list) => Some(format!("{field}: {}", texts(list))),
                other => Some(format!("{field}: {other}")),
            });
            told.collect::<Vec<_>>().join("; ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    ["message", "error_description", "error"]
        .iter()
        .find_map(|key| value.get(*key))
        .map(flat)
        .unwrap_or_else(|| value.to_string())
}

fn texts(list: &[Value]) -> String {
    let texts = list.iter().map(|one| match one {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn one_line(text: &str) -> String {
    crate::rollout::clean(text, LONGEST_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: u16, body: &str) -> Failure {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: reqwest::header::HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        };
        Failure::answered("make the project `a/b`", &answer)
    }

    #[test]
    fn every_shape_of_an_error_is_told_in_one_line() {
        let told = |body| failed(400, body).told;
        let all = [
            told(r#"{"message":"a text"}"#),
            told(r#"{"message":["one","two"]}"#),
            told(
                r#"{"message":{"name":["has already been taken"],"limit_reached":[],"base":["x"]}}"#,
            ),
            told(r#"{"error":"branch is missing"}"#),
            told("<html>\n<h1>502</h1>\u{1b}[31m"),
        ];
        assert_eq!(
            all.map(|told| told.replace("GitLab answered 400: ", "")),
            [
                "a text",
                "one, two",
                "x; name: has already been taken",
                "branch is missing",
                "<html> <h1>502</h1>[31m"
            ]
        );
    }

    #[test]
    fn a_missing_scope_is_not_a_missing_role() {
        let scope = r#"{"error":"insufficient_scope","error_description":"x","scope":"api"}"#;
        assert_eq!(failed(403, scope).kind, Kind::Scope("api".to_owned()));
        assert_eq!(
            failed(403, r#"{"message":"403 Forbidden"}"#).kind,
            Kind::Forbidden
        );
        assert_eq!(Error::from(failed(401, "{}")).class(), Class::Denied);
        assert!(failed(502, "").may_have_landed() && !failed(409, "{}").may_have_landed());
    }
}
