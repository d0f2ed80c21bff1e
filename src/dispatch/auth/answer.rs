//! What `auth` answers, for people and for programs.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::Keys;
use crate::cli::{AuthCommand, FormatArg};
use crate::error::{Cause, Class, Error, Result};
use crate::job::Secret;
use crate::output::{Output, utc};

#[derive(Deserialize, Serialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub(in crate::dispatch) enum Answer {
    Whoami(WhoAmI),
    Explain(Explained),
    Credentials(KeysTold),
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(in crate::dispatch) struct WhoAmI {
    /// Of the caller, as AWS says; `None` in a job, which has no identity there.
    pub(in crate::dispatch) arn: Option<String>,
    pub(in crate::dispatch) account: Option<String>,
    pub(in crate::dispatch) project: Option<String>,
    pub(in crate::dispatch) job_id: Option<u64>,
    pub(in crate::dispatch) reference: Option<String>,
    pub(in crate::dispatch) protection: Option<String>,
    /// By a verified ID token.
    pub(in crate::dispatch) user: Option<String>,
    pub(in crate::dispatch) groups: Vec<String>,
    pub(in crate::dispatch) environment: Option<String>,
    /// Why there is no verified ID token.
    pub(in crate::dispatch) no_token: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(in crate::dispatch) struct Explained {
    pub(in crate::dispatch) account: String,
    pub(in crate::dispatch) region: String,
    /// From 1; `None`: no rule names the project, and the host acts as itself.
    pub(in crate::dispatch) rule: Option<usize>,
    pub(in crate::dispatch) method: Option<String>,
    pub(in crate::dispatch) role_arn: Option<String>,
    pub(in crate::dispatch) session_name: Option<String>,
    pub(in crate::dispatch) how: Vec<String>,
    /// As AWS says, once the role was taken.
    pub(in crate::dispatch) acts_as: Option<String>,
    /// Why it could not be taken, and what to do.
    pub(in crate::dispatch) hindrance: Option<Hindrance>,
    /// For the policy of the host's own role.
    pub(in crate::dispatch) host_statement: Option<String>,
    /// For the trust policy of the role.
    pub(in crate::dispatch) trust_statement: Option<String>,
}

/// An error as a part of an answer.
#[derive(Debug, Deserialize, Serialize)]
pub(in crate::dispatch) struct Hindrance {
    /// As [`Class::name`] says.
    class: String,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl From<Error> for Hindrance {
    fn from(error: Error) -> Self {
        Hindrance {
            class: error.class().name().to_owned(),
            message: error.message().to_owned(),
            causes: error.causes().to_vec(),
            hints: error.hints().to_vec(),
        }
    }
}

impl Hindrance {
    fn error(&self) -> Error {
        let class = Class::named(&self.class).unwrap_or(Class::System);
        let causes = self.causes.iter().map(Cause::line);
        let error = causes.fold(Error::new(class, &self.message), Error::caused_by);
        self.hints.iter().fold(error, Error::hint)
    }
}

#[derive(Debug, Deserialize, Serialize)]
pub(in crate::dispatch) struct KeysTold {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Option<Secret>,
    /// Seconds since 1970.
    until: Option<u64>,
    role_arn: Option<String>,
}

impl KeysTold {
    pub(in crate::dispatch) fn of(keys: Keys, role_arn: Option<String>) -> Self {
        KeysTold {
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key,
            session_token: keys.session_token,
            until: keys.until,
            role_arn,
        }
    }

    /// The keys, and the role that they are of.
    pub(in crate::dispatch) fn taken(self) -> (Keys, Option<String>) {
        let keys = Keys {
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key,
            session_token: self.session_token,
            until: self.until,
        };
        (keys, self.role_arn)
    }

    fn text(&self, format: FormatArg) -> String {
        let secret = self.secret_access_key.reveal();
        let token = self.session_token.as_ref().map(Secret::reveal);
        let until = self.until.and_then(|until| i64::try_from(until).ok());
        let until = until.map(|until| format!("{}Z", utc(until)));
        match format {
            FormatArg::Process => object(
                json!({"Version": 1, "AccessKeyId": self.access_key_id, "SecretAccessKey": secret,
                "SessionToken": token, "Expiration": until}),
            ),
            FormatArg::Container => object(
                json!({"AccessKeyId": self.access_key_id, "SecretAccessKey": secret, "Token": token,
                "Expiration": until, "RoleArn": self.role_arn}),
            ),
            FormatArg::Env => {
                let mut lines = format!(
                    "export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n",
                    quoted(&self.access_key_id),
                    quoted(secret)
                );
                // One that is left over from other keys would make these invalid.
                lines.push_str(&match token {
                    Some(token) => format!("export AWS_SESSION_TOKEN={}\n", quoted(token)),
                    None => "unset AWS_SESSION_TOKEN\n".to_owned(),
                });
                lines
            }
        }
    }
}

/// One line, without what is not there: readers take an absent name, and some no `null`.
fn object(mut value: serde_json::Value) -> String {
    if let Some(all) = value.as_object_mut() {
        all.retain(|_, value| !value.is_null());
    }
    format!("{value}\n")
}

/// As one word of a shell. Source: POSIX, "Single-Quotes".
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl Answer {
    /// # Errors
    /// Of `explain`: why the role cannot be taken, after what was found has been printed.
    pub(super) fn print(&self, command: &AuthCommand, output: &Output) -> Result<()> {
        match (self, command) {
            (Answer::Whoami(who), AuthCommand::Whoami(arguments)) => {
                output.data(match arguments.json {
                    true => as_json(who),
                    false => who.lines(),
                });
            }
            (Answer::Explain(explained), AuthCommand::Explain(arguments)) => {
                output.data(match arguments.json {
                    true => as_json(explained),
                    false => explained.lines(),
                });
                if let Some(hindrance) = &explained.hindrance {
                    return Err(hindrance.error());
                }
            }
            (Answer::Credentials(keys), AuthCommand::Credentials(arguments)) => {
                output.data(keys.text(arguments.format));
            }
            (Answer::Whoami(_) | Answer::Explain(_) | Answer::Credentials(_), _) => {
                return Err(Error::system(
                    "the host answered something else than was asked",
                ));
            }
        }
        Ok(())
    }
}

fn as_json<T: Serialize>(told: &T) -> String {
    let mut value = serde_json::to_value(told).unwrap_or_default();
    value["schema"] = json!("baws-ci/auth/1");
    format!("{value}\n")
}

fn line(text: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        text.push_str(&format!("{name:<12} {value}\n"));
    }
}

impl WhoAmI {
    fn lines(&self) -> String {
        let mut text = String::new();
        let job = self.job_id.map(|id| id.to_string());
        line(&mut text, "identity", self.arn.as_deref());
        line(&mut text, "account", self.account.as_deref());
        line(&mut text, "project", self.project.as_deref());
        line(&mut text, "job", job.as_deref());
        line(&mut text, "ref", self.reference.as_deref());
        line(&mut text, "", self.protection.as_deref());
        line(&mut text, "user", self.user.as_deref());
        line(&mut text, "groups", Some(&self.groups.join(", ")));
        line(&mut text, "environment", self.environment.as_deref());
        line(&mut text, "ID token", self.no_token.as_deref());
        text
    }
}

impl Explained {
    fn lines(&self) -> String {
        let mut text = String::new();
        let place = format!("account {}, {}", self.account, self.region);
        let rule = match (self.rule, &self.method) {
            (Some(rule), Some(method)) => format!("{rule} of [[roles]], method {method}"),
            (Some(rule), None) => rule.to_string(),
            (None, _) => "none names the project: the host acts as itself".to_owned(),
        };
        line(&mut text, "work in", Some(&place));
        line(&mut text, "rule", Some(&rule));
        for step in &self.how {
            line(&mut text, "", Some(step));
        }
        line(&mut text, "role", self.role_arn.as_deref());
        line(&mut text, "session", self.session_name.as_deref());
        line(&mut text, "acts as", self.acts_as.as_deref());
        line(&mut text, "host needs", self.host_statement.as_deref());
        line(&mut text, "role trusts", self.trust_statement.as_deref());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_in_three_forms() {
        let keys = KeysTold {
            access_key_id: "ASIAX".to_owned(),
            secret_access_key: Secret::new("a'b"),
            session_token: Some(Secret::new("t")),
            until: Some(1_795_708_923),
            role_arn: Some("arn:aws:iam::123456789012:role/x".to_owned()),
        };
        assert_eq!(
            keys.text(FormatArg::Env),
            "export AWS_ACCESS_KEY_ID='ASIAX'\nexport AWS_SECRET_ACCESS_KEY='a'\\''b'\nexport AWS_SESSION_TOKEN='t'\n"
        );
        let process: serde_json::Value =
            serde_json::from_str(&keys.text(FormatArg::Process)).unwrap();
        assert_eq!(process["Version"], 1);
        assert_eq!(process["Expiration"], "2026-11-26T16:02:03Z");
        let container: serde_json::Value =
            serde_json::from_str(&keys.text(FormatArg::Container)).unwrap();
        assert_eq!(container["Token"], "t");
        assert!(!format!("{keys:?}").contains("a'b"));
    }
}
