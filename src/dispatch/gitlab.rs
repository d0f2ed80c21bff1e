//! The way to GitLab: its address and a token, from flags, settings and the environment, in this order.

use std::path::Path;

use crate::aws::Aws;
use crate::cli::GitlabArgs;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::gitlab::Gitlab;
use crate::job::Secret;
use crate::output::Output;
use crate::settings::Settings;

/// Where new repositories find their templates, when nobody says otherwise.
pub(super) const TEMPLATES: &str = "platform/pipeline-templates";

pub(super) async fn gitlab(
    arguments: &GitlabArgs,
    settings: &Settings,
    output: &Output,
) -> Result<Gitlab> {
    let token = token(arguments, settings).await?;
    connected(arguments, settings, &token, output)
}

/// With a token that is known already.
pub(super) fn connected(
    arguments: &GitlabArgs,
    settings: &Settings,
    token: &Secret,
    output: &Output,
) -> Result<Gitlab> {
    let address = arguments.gitlab.clone();
    let address = address.or_else(|| settings.gitlab.url.clone());
    let address = address.or_else(|| Var::CiServerUrl.text()).ok_or_else(|| {
        Error::usage("which GitLab to call is not known")
            .hint("name it by --gitlab; the operator may set `url` in `[gitlab]` of the settings")
    })?;
    let output = *output;
    Gitlab::connect(&address, token, Box::new(move |text| output.status(text)))
}

async fn token(arguments: &GitlabArgs, settings: &Settings) -> Result<Secret> {
    let own = &settings.gitlab;
    if let Some(path) = arguments.token_file.as_ref().or(own.token_file.as_ref()) {
        return secret_in(path, "the token for GitLab");
    }
    if let Some(token) = Var::GitlabToken.text() {
        return Ok(Secret::new(token));
    }
    let Some(name) = &own.token_secret else {
        return Err(Error::denied("there is no token for GitLab")
            .hint("name a file that holds one by --token-file, or set GITLAB_TOKEN; the operator may set `token_file` or `token_secret` in `[gitlab]` of the settings")
            .hint("it is a personal access token of a service account that is Maintainer of the group, with the scope `api`"));
    };
    let aws = Aws::connect(&settings.aws, None, &region(None)?).await;
    let value = aws.secret_value(name).await?.ok_or_else(|| {
        Error::denied(format!(
            "there is no secret `{name}` with a token for GitLab"
        ))
        .hint("the operator checks `token_secret` in `[gitlab]` of the settings, and AWS_REGION")
    })?;
    // The platform keeps a whole JSON object there.
    match serde_json::from_str::<serde_json::Value>(value.reveal()) {
        Ok(serde_json::Value::Object(keys)) => api_token(&keys, &[API_TOKEN], name),
        Ok(_) | Err(_) => Ok(value),
    }
}

/// Where the platform's secret holds a token for GitLab's API.
pub(super) const API_TOKEN: &str = "apiToken";

/// The token in the platform's secret `name`: under the first of `among` that holds one.
pub(super) fn api_token(
    keys: &serde_json::Map<String, serde_json::Value>,
    among: &[&str],
    name: &str,
) -> Result<Secret> {
    let words = among.iter().filter_map(|key| keys.get(*key)?.as_str());
    let mut tokens = words.filter(|token| !token.is_empty());
    let token = tokens.next().ok_or_else(|| {
        Error::denied(format!("the secret `{name}` has no `{API_TOKEN}`"))
            .hint("the operator puts the token for GitLab there")
    })?;
    Ok(Secret::new(token))
}

/// A secret in a file of its own.
pub(super) fn secret_in(path: &Path, what: &str) -> Result<Secret> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::denied(format!("cannot read {what} in `{}`", path.display())).caused_by(error)
    })?;
    Ok(Secret::new(text.trim()))
}

/// Of calls to AWS that no ARN tells the region of.
pub(super) fn region(flag: Option<&str>) -> Result<String> {
    let variables = [Var::AwsRegion, Var::AwsDefaultRegion];
    let region = flag.map(str::to_owned);
    region
        .or_else(|| variables.into_iter().find_map(Var::text))
        .ok_or_else(|| {
            Error::usage("in which region of AWS to look is not known")
                .hint("name it by --region or AWS_REGION")
        })
}
