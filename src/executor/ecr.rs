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
use crate::image_ref::ImageRef;
use crate::job::{Credential, Facts, login_for};
use crate::policy::{Admitted, Asked, Grant, GrantedRole};
use crate::registry::{DockerConfig, Freshness};
use crate::settings::Settings;

/// Makes the logins of one job.
pub(super) struct Logins<'a> {
    job: &'a Job,
    settings: &'a Settings,
    access: Access,
}

impl<'a> Logins<'a> {
    pub(super) fn of(job: &'a Job, settings: &'a Settings, place: &Place) -> Self {
        let access = Access::of_job(
            &settings.aws,
            place.tokens_dir(),
            job.response.id,
            Vec::new(),
        );
        Logins {
            job,
            settings,
            access,
        }
    }

    /// Completes the logins of what was admitted.
    ///
    /// # Errors
    /// `Refused` where there are grants and none of them is for the image; those of AWS.
    pub(super) async fn log_in(&self, admitted: &mut Admitted) -> Result<()> {
        let docker = &self.settings.executor.docker;
        let build = std::iter::once((&mut admitted.build, &docker.allowed_images));
        let services = admitted
            .services
            .iter_mut()
            .map(|service| (&mut service.image, &docker.allowed_services));
        let own = match self.job.variables.get("DOCKER_AUTH_CONFIG") {
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
            let role = match (allowed.is_empty(), self.settings.grants.is_empty()) {
                // What the operator lists was checked when the job was admitted.
                (false, _) => self.role(&image.reference).unwrap_or(None),
                (true, false) => self.role(&image.reference)?,
                // Nobody said who may read it: as before there were grants, the engine decides.
                (true, true) => continue,
            };
            let role = role.as_ref();
            image.login =
                ecr_credential(&self.access, &image.reference, role, Freshness::Cached).await?;
            image.login_is_the_hosts = image.login.is_some();
        }
        Ok(())
    }

    /// A login in place of one of the host's that the registry does not accept.
    ///
    /// # Errors
    /// Those of AWS.
    pub(super) async fn fresh(&self, image: &ImageRef) -> Result<Option<Credential>> {
        let role = self.role(image).unwrap_or(None);
        ecr_credential(&self.access, image, role.as_ref(), Freshness::Fresh).await
    }

    fn role(&self, image: &ImageRef) -> Result<Option<GrantedRole>> {
        let facts = Facts::of(&self.job.response, &self.job.identity)?;
        let grant = Grant::of_job(&facts, &self.settings.grants, Asked::Images)?;
        Ok(grant.base(image)?.role())
    }
}
