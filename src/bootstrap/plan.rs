//! What has to change, in the order in which a crash does the least harm. Pure.
//!
//! The commit is last, for it starts the first pipeline, and everything that one needs must be there. What is there and goes
//! further than what is wanted (another role for a protected branch, one more variable) is somebody's choice and stays.

use serde_json::Value;

use super::change::Change;
use super::first_commit::{self, Skeleton};
use super::found::{Found, FoundProject};
use super::stopped::Stopped;
use super::wanted::Wanted;
use crate::gitlab::{Settings, Variable};
use crate::job::Secret;

/// What is known beside `Found`.
pub(super) struct Known<'a> {
    pub(super) skeleton: &'a Skeleton,
    /// GitLab's own.
    pub(super) address: &'a str,
    /// The day before which a token is too near its end, `2026-11-29`.
    pub(super) soon: &'a str,
    pub(super) registers: bool,
}

pub(super) fn plan(
    wanted: &Wanted,
    found: &Found,
    known: &Known<'_>,
) -> Result<Vec<Change>, Stopped> {
    match found {
        Found::Nothing(group) => {
            let visibility = wanted
                .settings
                .get("visibility")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if openness(visibility) > openness(&group.visibility) {
                return Err(Stopped::usage(format!(
                    "a project of the {} group `{}` cannot be {visibility}",
                    group.visibility, group.full_path
                ))
                .hint(format!("say --visibility {}", group.visibility)));
            }
            let nothing = FoundProject::fresh(crate::gitlab::Project::default(), None);
            let mut changes = vec![Change::CreateProject(at_birth(&wanted.settings))];
            changes.extend(of_project(wanted, &nothing, known)?);
            Ok(changes)
        }
        Found::Project(found) => of_project(wanted, found, known),
    }
}

fn openness(visibility: &str) -> u8 {
    match visibility {
        "public" => 2,
        "internal" => 1,
        _ => 0,
    }
}

/// What a project cannot be made with. Source: GitLab REST API, "Create a project" against "Edit a project".
const LATER: [&str; 10] = [
    "ci_default_git_depth",
    "ci_separated_caches",
    "ci_forward_deployment_enabled",
    "ci_forward_deployment_rollback_allowed",
    "ci_allow_fork_pipelines_to_run_in_parent_project",
    "ci_push_repository_for_job_token_allowed",
    "ci_pipeline_variables_minimum_override_role",
    "ci_id_token_sub_claim_components",
    "ci_delete_pipelines_in_seconds",
    "keep_latest_artifact",
];

fn at_birth(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    settings.retain(|key, _| !LATER.contains(&key.as_str()));
    settings
}

fn of_project(
    wanted: &Wanted,
    found: &FoundProject,
    known: &Known<'_>,
) -> Result<Vec<Change>, Stopped> {
    let mut changes = Vec::new();
    let mut settings = differing(&wanted.settings, &found.project.settings);
    settings.retain(|key, _| !wanted.unsaid.contains(&key.as_str()));
    if !settings.is_empty() {
        changes.push(Change::EditSettings(settings));
    }
    changes.extend(variables(wanted, found));
    match found
        .branches
        .iter()
        .find(|one| one.name == wanted.default_branch)
    {
        None => changes.push(Change::ProtectBranch(wanted.default_branch.clone())),
        Some(one) if one.allow_force_push => {
            changes.push(Change::ForbidForcePush(one.name.clone()));
        }
        Some(_) => {}
    }
    let unprotected = wanted
        .protected_tags
        .iter()
        .filter(|tag| !found.tags.contains(tag));
    changes.extend(unprotected.cloned().map(Change::ProtectTag));
    for one in &wanted.environments {
        if !found.environments.contains(&one.name) {
            changes.push(Change::CreateEnvironment {
                name: one.name.clone(),
                tier: one.tier.clone(),
                url: one.url.clone(),
            });
        }
    }
    if let Some(protected) = &found.protected_environments {
        let open = wanted
            .environments
            .iter()
            .filter(|one| one.protected && !protected.contains(&one.name));
        changes.extend(open.map(|one| Change::ProtectEnvironment(one.name.clone())));
    }
    if !wanted.allowed_projects.is_empty() && found.token_is_limited != Some(true) {
        changes.push(Change::LimitJobToken);
    }
    let strangers = wanted
        .allowed_projects
        .iter()
        .filter(|path| !found.allowed.contains(path));
    changes.extend(strangers.cloned().map(Change::AllowProject));
    changes.extend(credential(wanted, found, known.soon));
    let strange_hooks = wanted
        .hooks
        .iter()
        .filter(|one| !found.hooks.iter().any(|hook| hook.url == one.url));
    changes.extend(strange_hooks.cloned().map(Change::CreateHook));
    let strange_badges = wanted
        .badges
        .iter()
        .filter(|one| !found.badges.iter().any(|badge| badge.name == one.name));
    changes.extend(strange_badges.cloned().map(Change::CreateBadge));
    let idle = wanted
        .runners
        .iter()
        .filter(|id| !found.runners.contains(id));
    changes.extend(idle.copied().map(Change::EnableRunner));
    if let Some(content) = first_commit::content(wanted, found) {
        changes.push(Change::Commit(content));
    }
    if known.registers && !found.is_registered {
        changes.push(Change::Register(first_commit::catalog_url(
            wanted,
            known.address,
        )));
    }
    Ok(changes)
}

/// What GitLab tells otherwise. A setting that it does not tell is one that this GitLab does not have.
fn differing(wanted: &Settings, found: &Settings) -> Settings {
    let mut differing = Settings::new();
    for (key, value) in wanted {
        let Some(is) = found.get(key) else { continue };
        if key == "topics" {
            let topics =
                |value: &Value| -> Vec<Value> { value.as_array().cloned().unwrap_or_default() };
            let (mut all, wanted) = (topics(is), topics(value));
            let missing: Vec<Value> = wanted
                .into_iter()
                .filter(|topic| !all.contains(topic))
                .collect();
            if !missing.is_empty() {
                all.extend(missing);
                differing.insert(key.clone(), Value::Array(all));
            }
        } else if is != value && !(is.is_null() && value.as_str() == Some("")) {
            differing.insert(key.clone(), value.clone());
        }
    }
    differing
}

fn variables(wanted: &Wanted, found: &FoundProject) -> Vec<Change> {
    let mut changes = Vec::new();
    for one in &wanted.variables {
        let there = found
            .variables
            .iter()
            .find(|other| other.key == one.key && other.scope == one.scope);
        match there {
            None => changes.push(Change::CreateVariable(one.clone())),
            Some(there) if !same(one, there) => changes.push(Change::UpdateVariable(one.clone())),
            Some(_) => {}
        }
    }
    changes
}

/// A hidden value cannot be compared: it counts as the same.
fn same(wanted: &Variable, there: &Variable) -> bool {
    let value = |one: &Variable| one.value.as_ref().map(Secret::reveal).map(str::to_owned);
    let same_value = there.hidden || value(wanted) == value(there);
    let text = |one: &Variable| one.description.clone().unwrap_or_default();
    same_value
        && wanted.kind == there.kind
        && wanted.protected == there.protected
        && (wanted.masked || wanted.hidden) == (there.masked || there.hidden)
        && wanted.raw == there.raw
        && text(wanted) == text(there)
}

/// A token whose value is not in the secret is as good as none: nobody can read it.
fn credential(wanted: &Wanted, found: &FoundProject, soon: &str) -> Option<Change> {
    let token = wanted.access_token.as_ref()?;
    let newest = found
        .tokens
        .iter()
        .filter(|one| one.name == token.name)
        .max_by_key(|one| one.id);
    let Some(newest) = newest else {
        return Some(Change::Credential(None));
    };
    let lasts = newest.expires_at.as_deref().is_some_and(|end| end > soon);
    let kept = found
        .secret
        .as_ref()
        .is_some_and(|secret| secret.keeps(newest.id));
    (!lasts || !kept).then(|| Change::Credential(Some(newest.clone())))
}
