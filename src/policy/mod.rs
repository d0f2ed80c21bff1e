//! What a job may have: whether its images, services and pull policies are allowed, and with what they then run.
//!
//! Pure: a job response, the operator's settings and the job's variables in; [`Admitted`] or a refusal out. A refusal is
//! the job author's turn (exit class `Refused`: never retried). Read next: `pattern`, `executor::plan`.

mod ceiling;
mod container;
mod grants;
mod missing_rule;
mod pattern;
mod pull;
mod service_grants;
mod service_variables;
mod session_policy;
mod size;
mod volume;
mod whose;
mod words;

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;
use crate::job::{Credential, ImageSpec, JobResponse, RUNNERS_OWN, Variable, expand, login_for};
use crate::settings::{JobContainerSettings, ServiceSettings};
use service_variables::variables_of;

pub(crate) use ceiling::ceilings;
pub(crate) use container::{Read, build_options, helper_options, service_options};
pub(crate) use grants::{Asked, BaseRight, Grant, GrantedRole, Side};
pub(crate) use pull::PullPolicy;
pub(crate) use session_policy::session_policy;
pub(crate) use size::{bytes, nano_cpus};
pub(crate) use volume::{HostPaths, Lent, volumes};
pub(crate) use whose::{Whose, fill, named};

/// An image that may be used, and how.
#[derive(Clone, Debug)]
pub(crate) struct AdmittedImage {
    pub(crate) reference: ImageRef,
    /// As the job names it.
    pub(crate) name: String,
    /// Tried in turn; never empty.
    pub(crate) pull: Vec<PullPolicy>,
    /// `None` keeps the image's own.
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) command: Vec<String>,
    pub(crate) user: String,
    pub(crate) platform: String,
    /// For its registry, where the job brings one.
    pub(crate) login: Option<Credential>,
    /// The login is one that the host has made; nobody else can mend it.
    pub(crate) login_is_the_hosts: bool,
    pub(crate) privileged: bool,
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
    /// What the job's author should know.
    pub(crate) warnings: Vec<String>,
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
    let mut warnings = Vec::new();
    let build = build_image(job, settings, variables, &mut warnings)?;
    let operators: Vec<ImageSpec> = settings.services.iter().map(service_of).collect();
    let own: Vec<String> = operators.iter().map(|spec| spec.name.clone()).collect();
    let wanted = operators.len() + job.services.len();
    let limit = settings.services_limit;
    if limit != 0 && i64::try_from(wanted).is_ok_and(|wanted| wanted > limit.max(0)) {
        return Err(Error::refused(format!(
            "the job has {wanted} services, and this runner allows {}",
            limit.max(0)
        ))
        .hint("use fewer services, or ask the operator of the runner to raise `services_limit` in `[executor.docker]`"));
    }
    let mut names: Vec<String> = Vec::new();
    let mut services = Vec::new();
    for (index, spec) in operators.iter().chain(&job.services).enumerate() {
        let what = format!("service {}", index + 1);
        if spec.name.trim().is_empty() {
            warnings.push(format!("{what} names no image, and is left out"));
            continue;
        }
        let allowed = (&settings.allowed_services[..], &own[..]);
        let mut image = image(spec, &what, allowed, settings, variables)?;
        keep_entrypoint(&mut image, settings, &what, &mut warnings);
        image.privileged = settings.services_privileged
            && named(&settings.allowed_privileged_services, &spec.name);
        image.login = login_for(&job.credentials, &spec.name);
        let wanted = aliases(&image.reference, &spec.alias);
        let (taken, aliases): (Vec<String>, Vec<String>) =
            wanted.into_iter().partition(|alias| names.contains(alias));
        names.extend(aliases.iter().cloned());
        services.push(AdmittedService {
            image,
            aliases,
            taken,
            variables: variables_of(spec, &what, variables)?,
        });
    }
    Ok(Admitted {
        build,
        services,
        warnings,
    })
}

/// A service of the operator's, as a job would name it.
fn service_of(settings: &ServiceSettings) -> ImageSpec {
    let variable = |text: &String| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        Variable {
            key: key.to_owned(),
            value: value.to_owned(),
            ..Variable::default()
        }
    };
    ImageSpec {
        name: settings.name.clone(),
        alias: settings.alias.clone(),
        entrypoint: settings.entrypoint.clone(),
        command: settings.command.clone(),
        variables: settings.environment.iter().map(variable).collect(),
        ..ImageSpec::default()
    }
}

fn keep_entrypoint(
    image: &mut AdmittedImage,
    settings: &JobContainerSettings,
    what: &str,
    warnings: &mut Vec<String>,
) {
    if settings.disable_entrypoint_overwrite && image.entrypoint.take().is_some() {
        warnings.push(format!(
            "the entrypoint that {what} names is not used: this runner keeps that of the image"
        ));
    }
}

/// The operator's user, else the job's, where it is an allowed one.
fn user(wanted: &str, settings: &JobContainerSettings) -> Result<String> {
    if let Some(user) = &settings.user {
        return Ok(user.clone());
    }
    let allowed = &settings.allowed_users;
    if wanted.is_empty() || allowed.is_empty() || allowed.iter().any(|one| one == wanted) {
        return Ok(wanted.to_owned());
    }
    Err(Error::refused(format!(
        "the user `{}` of the job is not allowed on this runner",
        wanted.escape_debug()
    ))
    .caused_by(Cause::line(format!("allowed: {}", list(allowed))))
    .hint("use one of the allowed users, or ask the operator of the runner to extend `allowed_users` in `[executor.docker]`"))
}

fn build_image(
    job: &JobResponse,
    settings: &JobContainerSettings,
    variables: &BTreeMap<String, String>,
    warnings: &mut Vec<String>,
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
    let allowed = (&settings.allowed_images[..], &own[..]);
    let mut image = image(&spec, "the job", allowed, settings, variables)?;
    keep_entrypoint(&mut image, settings, "the job", warnings);
    image.privileged =
        settings.privileged && named(&settings.allowed_privileged_images, &spec.name);
    image.login = login_for(&job.credentials, &spec.name);
    image.user = user(&image.user, settings)?;
    Ok(image)
}

fn image(
    spec: &ImageSpec,
    what: &str,
    (allowed, always_allowed): (&[String], &[String]),
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
    let admitted =
        always_allowed.contains(&spec.name) || allowed.is_empty() || named(allowed, &spec.name);
    if !admitted {
        return Err(Error::refused(format!("the image `{}` of {what} is not allowed on this runner", spec.name))
            .caused_by(Cause::line(format!("allowed: {}", list(allowed))))
            .hint("use one of the allowed images, or ask the operator of the runner to add yours to `[executor.docker]`"));
    }
    Ok(AdmittedImage {
        pull: pull::pull_policies(spec, settings)?,
        entrypoint: Some(spec.entrypoint.clone())
            .filter(|words| !words.is_empty())
            .map(|words| if words == [""] { Vec::new() } else { words }),
        command: spec.command.clone(),
        user: expand(&spec.executor_opts.docker.user, variables),
        platform: expand(&spec.executor_opts.docker.platform, variables),
        login: None,
        login_is_the_hosts: false,
        privileged: false,
        name: spec.name.clone(),
        reference,
    })
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
