//! What a job may have: whether its images, services and pull policies are allowed, and with what they then run.
//!
//! Pure: a job response, the operator's settings and the job's variables in; [`Admitted`] or a refusal out. A refusal is
//! the job author's turn (exit class `Refused`: never retried). Read next: `pattern`, `executor::plan`.

mod grants;
mod missing_rule;
mod pattern;
mod service_grants;
mod session_policy;
mod size;
mod whose;

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;
use crate::job::{Credential, ImageSpec, JobResponse, RUNNERS_OWN, expand, login_for};
use crate::settings::JobContainerSettings;

pub(crate) use grants::{Asked, BaseRight, Grant, GrantedRole};
pub(crate) use session_policy::session_policy;
pub(crate) use size::{bytes, nano_cpus};
pub(crate) use whose::{Whose, fill, named};

/// When an image is fetched from its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

impl PullPolicy {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "always" => Some(PullPolicy::Always),
            "if-not-present" => Some(PullPolicy::IfNotPresent),
            "never" => Some(PullPolicy::Never),
            _ => None,
        }
    }
}

impl Display for PullPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PullPolicy::Always => "always",
            PullPolicy::IfNotPresent => "if-not-present",
            PullPolicy::Never => "never",
        })
    }
}

/// An image that may be used, and how.
#[derive(Clone, Debug)]
pub(crate) struct AdmittedImage {
    pub(crate) reference: ImageRef,
    /// Tried in turn; never empty.
    pub(crate) pull: Vec<PullPolicy>,
    /// `None` keeps the image's own.
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) command: Vec<String>,
    pub(crate) user: String,
    pub(crate) platform: String,
    /// For its registry, where the job brings one.
    pub(crate) login: Option<Credential>,
}

#[derive(Clone, Debug)]
pub(crate) struct AdmittedService {
    pub(crate) image: AdmittedImage,
    /// Names under which the job reaches it, without those that an earlier service has.
    pub(crate) aliases: Vec<String>,
    /// Names it would have had.
    pub(crate) taken: Vec<String>,
    pub(crate) variables: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) build: AdmittedImage,
    pub(crate) services: Vec<AdmittedService>,
}

/// Decides about a job. `variables`: the job's, expanded, as the runner gave them.
///
/// # Errors
/// `Refused` with the offending part, the allowed ones and whose turn it is; `Usage` for settings that cannot be followed.
pub(crate) fn admit(
    job: &JobResponse,
    settings: &JobContainerSettings,
    variables: &BTreeMap<String, String>,
) -> Result<Admitted> {
    if let Some(name) = RUNNERS_OWN.iter().find(|name| job.sets_variable(name)) {
        return Err(Error::refused(format!(
            "the pipeline sets `{name}`, which only the runner may set"
        ))
        .hint(format!(
            "remove `{name}` from the variables of this job, its pipeline and its project"
        )));
    }
    let build = build_image(job, settings, variables)?;
    let mut names: Vec<String> = Vec::new();
    let mut services = Vec::new();
    for (index, spec) in job.services.iter().enumerate() {
        let what = format!("service {}", index + 1);
        let mut image = image(
            spec,
            &what,
            &settings.allowed_services,
            &[],
            settings,
            variables,
        )?;
        image.login = login_for(&job.credentials, &spec.name);
        let wanted = aliases(&image.reference, &spec.alias);
        let (taken, aliases): (Vec<String>, Vec<String>) =
            wanted.into_iter().partition(|alias| names.contains(alias));
        names.extend(aliases.iter().cloned());
        let mut own = BTreeMap::new();
        for variable in &spec.variables {
            let value = if variable.raw {
                variable.value.clone()
            } else {
                expand(&variable.value, variables)
            };
            own.insert(variable.key.clone(), value);
        }
        services.push(AdmittedService {
            image,
            aliases,
            taken,
            variables: own,
        });
    }
    Ok(Admitted { build, services })
}

fn build_image(
    job: &JobResponse,
    settings: &JobContainerSettings,
    variables: &BTreeMap<String, String>,
) -> Result<AdmittedImage> {
    let mut spec = job.image.clone();
    if spec.name.is_empty() {
        spec.name = settings.image.clone().ok_or_else(|| {
            Error::refused("the job names no image, and this runner has no default").hint("add `image:` to the job").hint(
                "the operator may set a default: `image` in `[executor.docker]` of the settings",
            )
        })?;
    }
    let own = settings.image.iter().cloned().collect::<Vec<_>>();
    let mut image = image(
        &spec,
        "the job",
        &settings.allowed_images,
        &own,
        settings,
        variables,
    )?;
    image.login = login_for(&job.credentials, &spec.name);
    image.user = settings.user.clone().unwrap_or(image.user);
    Ok(image)
}

fn image(
    spec: &ImageSpec,
    what: &str,
    allowed: &[String],
    always_allowed: &[String],
    settings: &JobContainerSettings,
    variables: &BTreeMap<String, String>,
) -> Result<AdmittedImage> {
    let reference: ImageRef = spec.name.parse().map_err(|why: String| {
        Error::refused(format!(
            "{what} names the image `{}`, which is no image reference",
            spec.name.escape_debug()
        ))
        .caused_by(Cause::line(why))
        .hint("write it as `[registry/]path[:tag]`; a variable in it that is not set becomes empty")
    })?;
    if reference.is_of_this_host() {
        return Err(Error::refused(format!(
            "{what} names the image `{}`, which is private to this host",
            spec.name.escape_debug()
        ))
        .hint(
            "name an image by its registry, path and tag: what a job has built it pushes first",
        ));
    }
    let admitted = always_allowed.contains(&spec.name)
        || allowed.is_empty()
        || allowed
            .iter()
            .any(|pattern| pattern::fits(pattern, &spec.name));
    if !admitted {
        return Err(Error::refused(format!("the image `{}` of {what} is not allowed on this runner", spec.name))
            .caused_by(Cause::line(format!("allowed: {}", list(allowed))))
            .hint("use one of the allowed images, or ask the operator of the runner to add yours to `[executor.docker]`"));
    }
    Ok(AdmittedImage {
        pull: pull_policies(spec, settings)?,
        entrypoint: Some(spec.entrypoint.clone())
            .filter(|words| !words.is_empty())
            .map(|words| if words == [""] { Vec::new() } else { words }),
        command: spec.command.clone(),
        user: expand(&spec.executor_opts.docker.user, variables),
        platform: expand(&spec.executor_opts.docker.platform, variables),
        login: None,
        reference,
    })
}

/// The job's own policies where the operator allows them, else the operator's.
///
/// Source: gitlab-runner `executors/docker/internal/pull/manager.go`: an empty intersection is the job's error.
fn pull_policies(spec: &ImageSpec, settings: &JobContainerSettings) -> Result<Vec<PullPolicy>> {
    let operators = parse_policies(settings.pull_policy.items(), "pull_policy")?;
    if operators.is_empty() {
        return Err(Error::usage(
            "the settings are wrong: `executor.docker.pull_policy` is empty",
        ));
    }
    let allowed = match settings.allowed_pull_policies.as_slice() {
        [] => operators.clone(),
        some => parse_policies(some, "allowed_pull_policies")?,
    };
    if spec.pull_policy.is_empty() {
        return Ok(operators);
    }
    let mut chosen = Vec::new();
    for text in &spec.pull_policy {
        let policy = PullPolicy::parse(text).ok_or_else(|| {
            Error::refused(format!(
                "`{text}` is no pull policy (image `{}`, set by the pipeline)",
                spec.name
            ))
            .hint("write `always`, `if-not-present` or `never`")
        })?;
        if allowed.contains(&policy) {
            chosen.push(policy);
        }
    }
    if chosen.is_empty() {
        return Err(Error::refused(format!(
            "the pull policy {} of image `{}`, set by the pipeline, is not allowed on this runner",
            list(&spec.pull_policy),
            spec.name
        ))
        .caused_by(Cause::line(format!("allowed by the runner's settings: {}", list(&allowed))))
        .hint("remove `pull_policy:` from the job, or ask the operator to extend `allowed_pull_policies`"));
    }
    Ok(chosen)
}

fn parse_policies(texts: &[String], key: &str) -> Result<Vec<PullPolicy>> {
    let parse = |text: &String| {
        PullPolicy::parse(text).ok_or_else(|| {
            Error::usage(format!(
                "the settings are wrong: `{text}` in `executor.docker.{key}` is no pull policy"
            ))
            .hint("write `always`, `if-not-present` or `never`")
        })
    };
    texts.iter().map(parse).collect()
}

/// The image's path with `/` as `__` and as `-`, then the job's own names.
///
/// Source: gitlab-runner `helpers/container/services/services.go`.
fn aliases(reference: &ImageRef, own: &str) -> Vec<String> {
    let path = reference.path_without_port();
    let mut names = vec![path.replace('/', "__"), path.replace('/', "-")];
    names.extend(
        own.split([',', ' '])
            .filter(|alias| !alias.is_empty())
            .map(str::to_owned),
    );
    let mut seen = Vec::new();
    names.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    names
}

fn list<T: Display>(items: &[T]) -> String {
    items
        .iter()
        .map(|item| format!("`{item}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests;
