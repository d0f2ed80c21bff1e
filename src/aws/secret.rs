//! Secrets of Secrets Manager, as far as tokens of applications are kept there.
//!
//! Source: Secrets Manager API reference, `DescribeSecret`, `CreateSecret`, `UpdateSecret`, `GetSecretValue`,
//! `PutSecretValue`.

use serde_json::json;

use super::failure::if_any;
use super::json::SECRETS;
use super::{Aws, Failure};
use crate::job::Secret;

/// A secret without its value.
#[derive(Clone, Debug)]
pub(crate) struct SecretFound {
    pub(crate) arn: String,
    description: String,
    /// Written a moment ago, by us.
    is_ours: bool,
}

impl SecretFound {
    pub(crate) fn kept(arn: &str) -> Self {
        SecretFound {
            arn: arn.to_owned(),
            description: String::new(),
            is_ours: true,
        }
    }

    /// Whether it holds the value of the token of that number.
    pub(crate) fn keeps(&self, token: u64) -> bool {
        let mark = keeping(token);
        let there = self.description.strip_prefix(&mark);
        self.is_ours || there.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// Names the new version of a secret: 32 to 64 characters, the same for no other. Clients of AWS make one themselves; a request
/// that is sent as it is has to bring it.
fn once(name: &str, about: &str) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.as_nanos());
    let parts = [name, about, &now.to_string()];
    crate::digest::digest(parts).chars().take(32).collect()
}

/// How a description begins.
pub(crate) fn keeping(token: u64) -> String {
    format!("GitLab project access token {token}")
}

/// What goes into one.
pub(crate) struct SecretText<'a> {
    pub(crate) value: &'a Secret,
    pub(crate) description: String,
}

impl Aws {
    /// `None`: there is none of that name.
    pub(crate) async fn secret(&self, name: &str) -> Result<Option<SecretFound>, Failure> {
        let doing = format!("look at the secret `{name}`");
        let call = self.secret_call("DescribeSecret", name, &doing);
        let body = json!({"SecretId": name});
        let Some(answer) = if_any(self.json(SECRETS, call, &body)).await? else {
            return Ok(None);
        };
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        // One that is to be deleted takes no value.
        if answer
            .get("DeletedDate")
            .is_some_and(|date| !date.is_null())
        {
            let call = self.secret_call("DescribeSecret", name, &doing);
            return Err(call.unmet(
                "it is scheduled for deletion: its owner restores it, or waits until it is gone",
            ));
        }
        Ok(Some(SecretFound {
            arn: text("ARN"),
            description: text("Description"),
            is_ours: false,
        }))
    }

    /// `application` becomes the tag by which the platform finds everything of one. Returns the ARN.
    pub(crate) async fn create_secret(
        &self,
        name: &str,
        text: &SecretText<'_>,
        application: &str,
    ) -> Result<String, Failure> {
        let call = self.secret_call("CreateSecret", name, &format!("make the secret `{name}`"));
        let body = json!({
            "Name": name,
            "ClientRequestToken": once(name, &text.description),
            "Description": text.description,
            "SecretString": text.value.reveal(),
            "Tags": [{"Key": format!("aws-apps:{application}"), "Value": application}],
        });
        let answer = self.json(SECRETS, call, &body).await?;
        Ok(answer["ARN"].as_str().unwrap_or(name).to_owned())
    }

    pub(crate) async fn update_secret(
        &self,
        arn: &str,
        text: &SecretText<'_>,
    ) -> Result<String, Failure> {
        let call = self.secret_call("UpdateSecret", arn, &format!("write the secret `{arn}`"));
        let body = json!({
            "SecretId": arn,
            "ClientRequestToken": once(arn, &text.description),
            "Description": text.description,
            "SecretString": text.value.reveal(),
        });
        let answer = self.json(SECRETS, call, &body).await?;
        Ok(answer["ARN"].as_str().unwrap_or(arn).to_owned())
    }

    /// `None`: there is none of that name.
    pub(crate) async fn secret_value(&self, name: &str) -> Result<Option<Secret>, Failure> {
        let doing = format!("read the secret `{name}`");
        let call = self.secret_call("GetSecretValue", name, &doing);
        let body = json!({"SecretId": name});
        let answer = if_any(self.json(SECRETS, call, &body)).await?;
        Ok(answer.and_then(|answer| answer["SecretString"].as_str().map(Secret::new)))
    }

    /// Writes a new version of a secret that is there; everything else about it stays.
    pub(crate) async fn put_secret_value(&self, name: &str, value: &Secret) -> Result<(), Failure> {
        let doing = format!("write the secret `{name}`");
        let call = self.secret_call("PutSecretValue", name, &doing);
        let body = json!({
            "SecretId": name,
            "ClientRequestToken": once(name, ""),
            "SecretString": value.reveal(),
        });
        self.json(SECRETS, call, &body).await.map(drop)
    }

    fn secret_call(&self, action: &'static str, name: &str, doing: &str) -> super::call::Call {
        let resource = match name.starts_with("arn:") {
            true => name.to_owned(),
            false => self.arn_in_any_account("secretsmanager", &format!("secret:{name}-*")),
        };
        self.json_call(SECRETS, action, resource, doing)
    }
}
