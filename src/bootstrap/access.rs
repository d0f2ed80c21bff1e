//! Parts of an order that are about access: variables, the access token, secrets in files; and the settings of a project.

use serde_json::{Value, json};

use super::masking;
use super::shapes::{TokenOrder, VariableOrder};
use super::stopped::Stopped;
use super::wanted::WantedToken;
use crate::error::{Cause, Error};
use crate::gitlab::{Level, Settings, TokenScope, Variable};
use crate::job::Secret;
use crate::template::TOPIC;

pub(super) fn variables(orders: Vec<VariableOrder>) -> Result<Vec<Variable>, Stopped> {
    let mut all: Vec<Variable> = Vec::new();
    for one in orders {
        let value = match (one.value, &one.value_file) {
            (Some(value), None) => value,
            (None, Some(path)) => secret_of(path)?,
            (None, None) | (Some(_), Some(_)) => {
                return Err(Stopped::new(
                    "wrong_variable",
                    Error::usage(format!(
                        "the variable `{}` has no value, or two",
                        crate::rollout::clean(&one.key, 80)
                    ))
                    .hint("give it `value` or `value_file`"),
                ));
            }
        };
        let wanted = Variable {
            key: one.key,
            value: Some(value),
            kind: one.kind,
            protected: one.protected,
            masked: one.masked || one.hidden,
            hidden: one.hidden,
            raw: one.raw,
            scope: one.environment_scope.unwrap_or_else(|| "*".to_owned()),
            description: one.description,
        };
        if let Err(why) = masking::check(&wanted) {
            return Err(Stopped::new(
                "wrong_variable",
                Error::usage(format!(
                    "GitLab would not take the variable `{}`",
                    crate::rollout::clean(&wanted.key, 80)
                ))
                .caused_by(Cause::line(why)),
            ));
        }
        let twice = |other: &&Variable| other.key == wanted.key && other.scope == wanted.scope;
        if all.iter().any(|other| twice(&other)) {
            return Err(Stopped::new(
                "wrong_variable",
                Error::usage(format!(
                    "the variable `{}` is there twice for `{}`",
                    wanted.key, wanted.scope
                )),
            ));
        }
        all.push(wanted);
    }
    Ok(all)
}

pub(super) fn wanted_token(
    order: TokenOrder,
    name: &str,
    region: Option<&str>,
) -> Result<WantedToken, Stopped> {
    let mut scopes = Vec::new();
    for text in &order.scopes {
        let known = TokenScope::ALL
            .into_iter()
            .find(|scope| scope.name() == text);
        scopes.push(known.ok_or_else(|| {
            let names: Vec<&str> = TokenScope::ALL.iter().map(|scope| scope.name()).collect();
            Stopped::usage(format!(
                "`{}` is no scope of an access token",
                crate::rollout::clean(text, 60)
            ))
            .hint(format!("they are {}", names.join(", ")))
        })?);
    }
    if scopes.is_empty() {
        // The least with which a person can clone and push; the platform's own asked for `api` as well.
        scopes = vec![TokenScope::ReadRepository, TokenScope::WriteRepository];
    }
    let level = match order.role.as_deref() {
        None | Some("developer") => Level::Developer,
        Some("maintainer") => Level::Maintainer,
        Some(other) => {
            return Err(Stopped::usage(format!(
                "`{}` is no role of an access token",
                crate::rollout::clean(other, 60)
            ))
            .hint("it is developer or maintainer"));
        }
    };
    let days = order.days.unwrap_or(364);
    // Source: GitLab, "Project access tokens": at most 365 days.
    if !(1..=365).contains(&days) {
        return Err(
            Stopped::usage(format!("an access token cannot be good for {days} days"))
                .hint("give it 1 to 365"),
        );
    }
    let region = order
        .region
        .or_else(|| region.map(str::to_owned))
        .ok_or_else(|| {
            Stopped::usage("in which region the access token is to be kept is not said")
                .hint("name it by --region, AWS_REGION, or `access_token: {region: …}`")
        })?;
    Ok(WantedToken {
        // The platform's own names.
        name: order
            .name
            .unwrap_or_else(|| format!("{name}-repo-access-token")),
        scopes,
        level,
        days,
        secret: order
            .secret
            .unwrap_or_else(|| format!("aws-apps-{name}-access-token")),
        region,
    })
}

pub(super) fn secret_of(path: &std::path::Path) -> Result<Secret, Stopped> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Stopped::new(
            "wrong_input",
            Error::usage(format!("cannot read `{}`", path.display())).caused_by(error),
        )
    })?;
    Ok(Secret::new(text.trim_end_matches(['\n', '\r'])))
}

/// What every project of the platform has; the order may say otherwise.
pub(super) fn settings(
    description: &str,
    visibility: &str,
    topics: Vec<String>,
    own: Settings,
) -> Result<Settings, Stopped> {
    let mut topics = topics;
    topics.push(TOPIC.to_owned());
    topics.sort();
    topics.dedup();
    let usual = json!({
        "description": description,
        "visibility": visibility,
        "topics": topics,
        "auto_devops_enabled": false,
        "only_allow_merge_if_pipeline_succeeds": true,
        "only_allow_merge_if_all_discussions_are_resolved": true,
        "remove_source_branch_after_merge": true,
        "auto_cancel_pending_pipelines": "enabled",
        "container_registry_access_level": "disabled",
        "ci_default_git_depth": 20,
        "ci_separated_caches": true,
        "ci_forward_deployment_enabled": true,
        "ci_forward_deployment_rollback_allowed": true,
    });
    let Value::Object(mut settings) = usual else {
        return Ok(own);
    };
    for (key, value) in own {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let taken = [
            "name",
            "path",
            "namespace_id",
            "id",
            "import_url",
            "topics",
            "tag_list",
        ];
        if !key.bytes().all(known) || taken.contains(&key.as_str()) {
            return Err(Stopped::usage(format!(
                "`settings.{}` cannot be set here",
                crate::rollout::clean(&key, 60)
            )));
        }
        settings.insert(key, value);
    }
    Ok(settings)
}
