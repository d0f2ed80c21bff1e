//! What the audit trail says of a request: who asked, for which application, about what.

use crate::audit::{Action, Deed, Open, Status, Trail};
use crate::ecr_host::EcrHost;
use crate::env;
use crate::error::Result;
use crate::image::{Image, Request};
use crate::image_ref::ImageRef;
use crate::job::Facts;
use crate::policy::Grant;
use crate::settings::Settings;

/// Who asked.
#[derive(Clone, Copy)]
pub(super) enum Asker<'a> {
    Caller,
    Job(&'a Facts),
}

impl Asker<'_> {
    /// A deed of theirs, still without what it is.
    pub(super) fn deed(self) -> Deed {
        match self {
            Asker::Caller => Deed {
                user: env::user_name().unwrap_or_else(|| "unknown".to_owned()),
                origin: "baws-ci".to_owned(),
                ..Deed::default()
            },
            Asker::Job(facts) => Deed {
                user: match facts.user_id {
                    Some(id) => format!("gitlab-user-{id}"),
                    None => format!("gitlab-job-{}", facts.job_id),
                },
                origin: "GitLab-CI".to_owned(),
                component: facts
                    .project
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                request: format!(
                    " by job {} of {} on {}",
                    facts.job_id, facts.project, facts.reference
                ),
                ..Deed::default()
            },
        }
    }

    pub(super) fn session(self) -> String {
        match self {
            Asker::Caller => "baws-ci".to_owned(),
            Asker::Job(facts) => format!("baws-ci-job-{}", facts.job_id),
        }
    }
}

/// The row for an image that goes to ECR, where it is granted; `None`: nothing in AWS is changed.
pub(super) fn image(
    request: &Request,
    grant: &Grant,
    asker: Asker<'_>,
    settings: &Settings,
) -> Option<Deed> {
    let (action, to): (Action, &[String]) = match request {
        Request::Build(build) if build.push.is_some() => (Action::BuildImage, &build.tags),
        Request::Push(push) => (Action::PushImage, &push.images),
        Request::Promote(promote) => (Action::PromoteImage, &promote.to),
        Request::Build(_) | Request::Features { .. } => return None,
    };
    let images = to.iter().filter_map(|text| text.parse::<ImageRef>().ok());
    let (image, host) = images
        .filter_map(|image| {
            let host: EcrHost = image.registry()?.parse().ok()?;
            Some((image, host))
        })
        .next()?;
    let role = grant.push(&image).ok()?;
    let mut deed = asker.deed();
    deed.action = Some(action);
    deed.account = host.account().to_owned();
    deed.region = host.region().to_owned();
    deed.role = role
        .map(|role| role.role_arn)
        .or_else(|| settings.aws.role_arn.clone())
        .unwrap_or_default();
    deed.subject = image.repository().to_owned();
    if deed.component.is_empty() {
        deed.component = deed
            .subject
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    deed.request = format!("{}{}", to.join(", "), deed.request);
    Some(deed)
}

/// Writes the last row of work on an image; what hinders it is told by `warn`.
pub(super) async fn ended(
    trail: &Trail<'_>,
    open: Option<Open>,
    done: &Result<Image>,
    warn: &(dyn Fn(String) + Send + Sync),
) {
    let Some(open) = open else { return };
    let (status, message) = match done {
        Ok(image) => {
            let digests = image.pushed.iter().map(|one| one.digest.as_str());
            (Status::Success, digests.collect::<Vec<_>>().join(", "))
        }
        Err(error) => (Status::Failed, error.to_string()),
    };
    if let Err(error) = trail.end(open, status, &message).await {
        warn(told(&error));
    }
}

/// The error in one line with what follows from it.
pub(super) fn told(error: &crate::error::Error) -> String {
    let hint = error.hints().first().map(|hint| format!(" ({hint})"));
    format!(
        "the audit row of this is not written: {error}{}",
        hint.unwrap_or_default()
    )
}
