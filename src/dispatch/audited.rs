//! What the audit trail says of a request: who asked, for which application, about what.

use std::path::Path;

use crate::audit::{Action, Deed, Open, Status, Tables, Trail};
use crate::aws::{SESSION, session_of_job};
use crate::ecr_host::EcrHost;
use crate::env;
use crate::error::Result;
use crate::image::{HostRoles, Image, Request};
use crate::image_ref::ImageRef;
use crate::job::Facts;
use crate::policy::Grant;
use crate::settings::Settings;

/// Who asked.
#[derive(Clone, Copy)]
pub(super) enum Asker<'a> {
    Caller,
    Job {
        facts: &'a Facts,
        /// Who began the job, by a verified ID token.
        login: Option<&'a str>,
    },
}

/// What is asked for.
pub(super) struct What<'a> {
    pub(super) action: Action,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    /// `cluster#service`, or the repository.
    pub(super) subject: String,
    /// ARN, of a grant or a rule.
    pub(super) role: Option<String>,
    pub(super) request: String,
}

impl Asker<'_> {
    /// The row for what they ask for; `component` is what it is of where no project says so.
    pub(super) fn deed(self, settings: &Settings, what: What<'_>, component: &str) -> Deed {
        let deed = Deed {
            action: what.action,
            account: what.account.to_owned(),
            region: what.region.to_owned(),
            user: env::user_name().unwrap_or_else(|| "unknown".to_owned()),
            origin: "baws-ci".to_owned(),
            component: component.to_owned(),
            subject: what.subject,
            role: what
                .role
                .or_else(|| settings.aws.role_arn.clone())
                .unwrap_or_default(),
            request: what.request,
        };
        match self {
            Asker::Caller => deed,
            Asker::Job { facts, login } => Deed {
                user: match (login, facts.user_id) {
                    (Some(login), _) => login.to_owned(),
                    (None, Some(id)) => format!("gitlab-user-{id}"),
                    (None, None) => format!("gitlab-job-{}", facts.job_id),
                },
                origin: "GitLab-CI".to_owned(),
                component: last_word(&facts.project).to_owned(),
                request: format!(
                    "{} by job {} of {} on {}",
                    deed.request, facts.job_id, facts.project, facts.reference
                ),
                ..deed
            },
        }
    }

    pub(super) fn session(self) -> String {
        match self {
            Asker::Caller => SESSION.to_owned(),
            Asker::Job { facts, .. } => session_of_job(facts.job_id),
        }
    }
}

fn last_word(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// The trail of one request for an image.
pub(super) struct ImageRecord<'a> {
    trail: Trail<'a>,
    open: Option<Open>,
    warn: &'a (dyn Fn(String) + Send + Sync),
}

impl<'a> ImageRecord<'a> {
    /// `warn` hears of rows that cannot be written, where the work goes on without.
    ///
    /// # Errors
    /// The first row cannot be written, and the work is not to be done without.
    pub(super) async fn begin(
        request: &Request,
        grant: &Grant,
        asker: Asker<'_>,
        roles: Option<&dyn HostRoles>,
        settings: &'a Settings,
        state: &Path,
        warn: &'a (dyn Fn(String) + Send + Sync),
    ) -> Result<Self> {
        let tables = Tables::of(&settings.audit, &settings.aws, asker.session());
        let trail = Trail::of(tables, state);
        let open = match image(request, grant, asker, settings) {
            Some((deed, image, host)) => {
                let deed = match (grant.push(&image), roles) {
                    (Ok(None), Some(roles)) => by_rule(deed, roles, &image, &host).await?,
                    (Ok(_) | Err(_), _) => deed,
                };
                trail.begin(deed, settings.audit.build, warn).await?
            }
            None => None,
        };
        Ok(ImageRecord { trail, open, warn })
    }

    /// Writes the last row.
    pub(super) async fn end(self, done: &Result<Image>) {
        let Some(open) = self.open else { return };
        let (status, message) = match done {
            Ok(image) => {
                let digests = image.pushed.iter().map(|one| one.digest.as_str());
                (Status::Success, digests.collect::<Vec<_>>().join(", "))
            }
            Err(error) => (Status::Failed, error.to_string()),
        };
        if let Err(error) = self.trail.end(open, status, &message).await {
            (self.warn)(told(&error));
        }
    }
}

/// The row for an image that goes to ECR, where it is granted; `None`: nothing in AWS is changed.
fn image(
    request: &Request,
    grant: &Grant,
    asker: Asker<'_>,
    settings: &Settings,
) -> Option<(Deed, ImageRef, EcrHost)> {
    let (action, to): (Action, &[String]) = match request {
        Request::Build(build) if build.push.is_some() => (Action::BuildImage, &build.tags),
        Request::Push(push) => (Action::PushImage, &push.images),
        Request::Promote(promote) => (Action::PromoteImage, &promote.to),
        Request::Build(_) | Request::Features { .. } => return None,
    };
    let (image, host) = to.iter().find_map(|text| {
        let image: ImageRef = text.parse().ok()?;
        let host: EcrHost = image.registry()?.parse().ok()?;
        Some((image, host))
    })?;
    let what = What {
        action,
        account: host.account(),
        region: host.region(),
        subject: image.repository().to_owned(),
        role: grant.push(&image).ok()?.map(|role| role.role_arn),
        request: to.join(", "),
    };
    let deed = asker.deed(settings, what, last_word(image.repository()));
    Some((deed, image, host))
}

/// The row names the role that a rule gives.
async fn by_rule(
    deed: Deed,
    roles: &dyn HostRoles,
    image: &ImageRef,
    host: &EcrHost,
) -> Result<Deed> {
    let found = roles.role(image, host).await?;
    Ok(match found {
        Some(found) => Deed {
            role: found.role_arn,
            ..deed
        },
        None => deed,
    })
}

/// The error in one line with what follows from it.
pub(super) fn told(error: &crate::error::Error) -> String {
    let hint = error.hints().first().map(|hint| format!(" ({hint})"));
    format!(
        "the audit row of this is not written: {error}{}",
        hint.unwrap_or_default()
    )
}
