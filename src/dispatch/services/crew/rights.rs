//! Who asks, and which of the services they may touch, with which role. Decided for all before anything is touched.

use crate::aws::AssumeRole;
use crate::deploy::{Request, Target, Verb};
use crate::dispatch::roles::JobRoles;
use crate::error::{Error, Result};
use crate::image_ref::{ImageRef, PRIVATE_REGISTRY};
use crate::job::Facts;
use crate::policy::{Grant, GrantedRole};

/// For whom the work is done.
pub(in crate::dispatch) enum Worker<'a> {
    /// The caller: their own machine and credentials.
    Caller,
    Job {
        facts: &'a Facts,
        grant: &'a Grant,
        roles: &'a JobRoles,
    },
}

/// What one service is worked on with.
pub(super) struct Assignment {
    /// Of a grant; `None`: the host's own identity.
    pub(super) role: Option<GrantedRole>,
    /// Of the grant or of a rule, narrowed to the services in hand; `None`: the host's own identity.
    pub(super) acts_as: Option<AssumeRole>,
}

impl Worker<'_> {
    /// Whether an image of the engine may be run as a local service. `names`: all that the engine knows it by.
    ///
    /// # Errors
    /// `Refused` where it is an image that only another project's jobs have built.
    pub(super) fn may_run_here(&self, image: &str, names: &[String]) -> Result<()> {
        let Worker::Job { facts, grant, .. } = self else {
            return Ok(());
        };
        let private = format!("{PRIVATE_REGISTRY}/");
        let own = format!("{private}{}/", facts.side_key);
        let may = |name: &String| {
            if name.starts_with(&private) {
                return name.starts_with(&own);
            }
            let reference: Option<ImageRef> = name.parse().ok();
            reference.is_some_and(|one| grant.push(&one).is_ok() || grant.base(&one).is_ok())
        };
        if names.iter().any(may) {
            return Ok(());
        }
        Err(Error::refused(format!(
            "this job may not run the image `{}`",
            image.escape_debug()
        ))
        .hint("deploy an image that this project's own jobs have built or pushed"))
    }

    /// One for each target, in their order.
    ///
    /// # Errors
    /// `Refused` where a grant is missing for any of them; `Usage` for what is no image.
    pub(super) fn assignments(&self, request: &Request) -> Result<Vec<Assignment>> {
        let image: Option<ImageRef> = request
            .verb
            .image()
            .map(|text| {
                text.parse().map_err(|why| {
                    Error::usage(format!("`{}` is no image", text.escape_debug()))
                        .caused_by(crate::error::Cause::line(why))
                })
            })
            .transpose()?;
        let Worker::Job { grant, .. } = self else {
            let own = |_| Assignment {
                role: None,
                acts_as: None,
            };
            return Ok(request.targets.iter().map(own).collect());
        };
        // The application runs it with its own rights and shows what is in it.
        if let Some(image) = &image
            && grant.push(image).is_err()
        {
            grant.base(image)?;
        }
        let with_own_command = match &request.verb {
            Verb::RunTask(one_off) => {
                !one_off.command.is_empty() || !one_off.environment.is_empty()
            }
            Verb::Deploy(_)
            | Verb::Restart(_)
            | Verb::Start { .. }
            | Verb::Stop(_)
            | Verb::Rollback { .. }
            | Verb::Status { .. }
            | Verb::Remove => false,
        };
        let assign = |target: &Target| {
            let name = match target {
                Target::Ecs(arn) => arn.to_string(),
                Target::Local { .. } => target.to_string(),
            };
            let role = match with_own_command {
                true => grant.command(&name)?,
                false => grant.deploy(&name)?,
            };
            Ok(Assignment {
                role,
                acts_as: None,
            })
        };
        request.targets.iter().map(assign).collect()
    }
}
