//! The platform's secret: a JSON object with a token for GitLab and the number of its runner, beside what is others'. Source: the
//! platform's installer, which made it.

use serde_json::{Map, Value};

use crate::aws::Aws;
use crate::error::{Error, Result};
use crate::job::Secret;

/// Where the platform keeps the runner's number, as a text.
const RUNNER_ID: &str = "runnerId";

/// The platform's secret, and the way to it.
pub(crate) struct Kept<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) name: String,
}

/// Writes the number into the secret, beside all else that is there; the number that was there.
pub(super) async fn remembered(
    kept: &Kept<'_>,
    id: Option<u64>,
    tell: &dyn Fn(String),
) -> Result<Option<u64>> {
    let mut keys = keys(kept.aws, &kept.name).await?;
    let before = keys.get(RUNNER_ID).and_then(|value| match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    });
    if let Some(id) = id.filter(|id| before != Some(*id)) {
        keys.insert(RUNNER_ID.to_owned(), id.to_string().into());
        let value = Secret::new(Value::Object(keys).to_string());
        kept.aws.put_secret_value(&kept.name, &value).await?;
        tell(format!(
            "Wrote `{RUNNER_ID}` into the secret `{}`",
            kept.name
        ));
    }
    Ok(before)
}

/// What the platform's secret holds.
///
/// # Errors
/// `Precondition` where it is not there, or is no JSON object.
pub(crate) async fn keys(aws: &Aws, name: &str) -> Result<Map<String, Value>> {
    let value = aws.secret_value(name).await?.ok_or_else(|| {
        Error::precondition(format!("there is no secret `{name}`"))
            .hint("check its name and AWS_REGION; the platform's installer makes it")
    })?;
    match serde_json::from_str(value.reveal()) {
        Ok(Value::Object(keys)) => Ok(keys),
        Ok(_) | Err(_) => Err(Error::precondition(format!(
            "the secret `{name}` is no JSON object"
        ))
        .hint("the platform keeps `apiToken` and `runnerId` in one; nothing was changed")),
    }
}
