//! One step of the plan, and what people and programs are told of it: never a value.

use super::first_commit::Content;
use super::wanted::{Wanted, WantedHook};
use crate::gitlab::{AccessToken, Badge, Settings, Variable};

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Change {
    CreateProject(Settings),
    EditSettings(Settings),
    CreateVariable(Variable),
    UpdateVariable(Variable),
    ProtectBranch(String),
    ForbidForcePush(String),
    ProtectTag(String),
    CreateEnvironment {
        name: String,
        tier: String,
        url: Option<String>,
    },
    ProtectEnvironment(String),
    LimitJobToken,
    AllowProject(String),
    /// A new token, or a new value for one, into its secret.
    Credential(Option<AccessToken>),
    CreateHook(WantedHook),
    CreateBadge(Badge),
    EnableRunner(u64),
    Commit(Content),
    Register(String),
}

impl Change {
    /// What kind of thing it is about.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Change::CreateProject(_) => "project",
            Change::EditSettings(_) => "settings",
            Change::CreateVariable(_) | Change::UpdateVariable(_) => "variable",
            Change::ProtectBranch(_) | Change::ForbidForcePush(_) => "protected_branch",
            Change::ProtectTag(_) => "protected_tag",
            Change::CreateEnvironment { .. } => "environment",
            Change::ProtectEnvironment(_) => "protected_environment",
            Change::LimitJobToken | Change::AllowProject(_) => "job_token",
            Change::Credential(_) => "access_token",
            Change::CreateHook(_) => "webhook",
            Change::CreateBadge(_) => "badge",
            Change::EnableRunner(_) => "runner",
            Change::Commit(_) => "commit",
            Change::Register(_) => "catalog",
        }
    }

    pub(super) fn action(&self) -> &'static str {
        match self {
            Change::EditSettings(_)
            | Change::UpdateVariable(_)
            | Change::ForbidForcePush(_)
            | Change::LimitJobToken => "change",
            Change::Credential(Some(_)) => "rotate",
            Change::CreateProject(_)
            | Change::CreateVariable(_)
            | Change::ProtectBranch(_)
            | Change::ProtectTag(_)
            | Change::CreateEnvironment { .. }
            | Change::ProtectEnvironment(_)
            | Change::AllowProject(_)
            | Change::Credential(None)
            | Change::CreateHook(_)
            | Change::CreateBadge(_)
            | Change::EnableRunner(_)
            | Change::Commit(_)
            | Change::Register(_) => "create",
        }
    }

    /// Which one; no value of anything is in it.
    pub(super) fn name(&self, wanted: &Wanted) -> String {
        match self {
            Change::CreateProject(_) => wanted.path(),
            Change::EditSettings(settings) => settings
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", "),
            Change::CreateVariable(one) | Change::UpdateVariable(one) => match one.scope.as_str() {
                "*" => one.key.clone(),
                scope => format!("{} ({scope})", one.key),
            },
            Change::ProtectBranch(name)
            | Change::ForbidForcePush(name)
            | Change::ProtectTag(name)
            | Change::ProtectEnvironment(name)
            | Change::AllowProject(name)
            | Change::CreateEnvironment { name, .. } => name.clone(),
            Change::LimitJobToken => "allow-list".to_owned(),
            Change::Credential(_) => {
                let token = wanted.access_token.as_ref();
                token.map_or_else(String::new, |token| {
                    format!("{} → {}", token.name, token.secret)
                })
            }
            // Whatever is behind the host may be a secret of its own.
            Change::CreateHook(hook) => host(&hook.url),
            Change::CreateBadge(badge) => badge.name.clone().unwrap_or_default(),
            Change::EnableRunner(id) => id.to_string(),
            Change::Commit(content) => content.shown(wanted),
            Change::Register(url) => url.clone(),
        }
    }
}

/// Scheme and host of a URL.
fn host(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}
