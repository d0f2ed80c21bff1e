//! Logins for the images that a job runs in: the project's own (DOCKER_AUTH_CONFIG), those that GitLab sends, and for ECR
//! one that the host makes, for whoever may read them.
//!
//! Who may: the images that the operator's `allowed_images` and `allowed_services` list, and those that a rule of
//! `[[grants]]` gives the job. A login that GitLab sends with the job comes first. The job sees none of them.

use super::Job;
use super::place::Place;
use crate::ecr_host::EcrHost;
use crate::error::Result;
use crate::image::{Access, ecr_credential};
use crate::job::{Facts, login_for};
use crate::policy::{Admitted, AdmittedImage, Asked, Grant, GrantedRole};
use crate::registry::DockerConfig;
use crate::settings::Settings;

/// Completes the logins of what was admitted.
///
/// # Errors
/// `Refused` where there are grants and none of them is for the image; those of AWS.
pub(super) async fn log_in(
    job: &Job,
    settings: &Settings,
    place: &Place,
    admitted: &mut Admitted,
) -> Result<()> {
    let docker = &settings.executor.docker;
    let access = Access::of_job(
        &settings.aws,
        place.tokens_dir(),
        job.response.id,
        Vec::new(),
    );
    let build = std::iter::once((&mut admitted.build, &docker.allowed_images));
    let services = admitted
        .services
        .iter_mut()
        .map(|service| (&mut service.image, &docker.allowed_services));
    let own = match job.variables.get("DOCKER_AUTH_CONFIG") {
        Some(text) if !text.is_empty() => DockerConfig::logins_in(text)?,
        Some(_) | None => Vec::new(),
    };
    for (image, allowed) in build.chain(services) {
        // What the project brings comes before what GitLab sends. Source: gitlab-runner `helpers/docker/auth`.
        let name = image.reference.canonical().to_string();
        image.login = login_for(&own, &name).or(image.login.take());
        let is_ecr = image
            .reference
            .registry()
            .is_some_and(|host| host.parse::<EcrHost>().is_ok());
        if !is_ecr || image.login.is_some() {
            continue;
        }
        let role = match (allowed.is_empty(), settings.grants.is_empty()) {
            // What the operator lists was checked when the job was admitted.
            (false, _) => role_of(job, settings, image).unwrap_or(None),
            (true, false) => role_of(job, settings, image)?,
            // Nobody said who may read it: as before there were grants, the engine decides.
            (true, true) => continue,
        };
        image.login = ecr_credential(&access, &image.reference, role.as_ref()).await?;
    }
    Ok(())
}

fn role_of(job: &Job, settings: &Settings, image: &AdmittedImage) -> Result<Option<GrantedRole>> {
    let facts = Facts::of(&job.response, &job.identity)?;
    let grant = Grant::of_job(&facts, &settings.grants, Asked::Images)?;
    Ok(grant.base(&image.reference)?.role())
}
