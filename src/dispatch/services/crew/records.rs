//! The audit trail of work on services: the first rows of all before any is touched, the last ones when all have ended.

use futures_util::future::join_all;

use super::Crew;
use super::rights::Assignment;
use crate::audit::{Action, Deed, Open, Status, Tables, Trail};
use crate::deploy::{Done, Event, EventKind, Request, Target, Tell, Verb, outcome};
use crate::dispatch::audited::{Asker, What, told};
use crate::error::Result;
use crate::settings::Settings;

pub(super) struct Records<'a> {
    trail: Trail<'a>,
    /// One for each target; `None`: nothing of it is audited.
    open: Vec<Option<Open>>,
}

impl<'a> Records<'a> {
    /// # Errors
    /// A first row cannot be written, and work on services is not done without.
    pub(super) async fn begin(
        crew: &'a Crew<'_>,
        request: &Request,
        assignments: &[Assignment],
        tell: Tell<'_>,
    ) -> Result<Self> {
        let settings = crew.settings;
        let login = match settings.audit.is_on() {
            true => crew.login().await,
            false => None,
        };
        let asker = crew.asker(login);
        let tables = Tables::of(&settings.audit, &settings.aws, asker.session());
        let trail = Trail::of(tables, &crew.state);
        let each = request
            .targets
            .iter()
            .zip(assignments)
            .map(|(target, assignment)| {
                let deed = deed(request, target, assignment, asker, settings);
                let trail = &trail;
                async move {
                    let warn = |text: String| tell(warning(target, text, 0));
                    match deed {
                        Some(deed) => trail.begin(deed, settings.audit.deploy, &warn).await,
                        None => Ok(None),
                    }
                }
            });
        let (mut open, mut refused) = (Vec::new(), None);
        for one in join_all(each).await {
            match one {
                Ok(one) => open.push(one),
                Err(error) => refused = Some(error),
            }
        }
        let Some(refused) = refused else {
            return Ok(Records { trail, open });
        };
        let others = open.into_iter().flatten();
        let why = "not begun: a row of another service of the same command cannot be written";
        let closed = others.map(|one| trail.end(one, Status::Failed, why));
        let failed = join_all(closed).await.into_iter().filter_map(Result::err);
        Err(failed.fold(refused, |refused, error| refused.caused_by(error)))
    }

    /// Tells how each ended. A row that cannot be written is a note of that result: the result itself stands.
    pub(super) async fn end(self, request: &Request, done: &mut [Done], tell: Tell<'_>) {
        let Records { trail, open } = self;
        let trail = &trail;
        let each = open.into_iter().zip(done.iter_mut()).zip(&request.targets);
        join_all(each.map(|((open, done), target)| async move {
            let (Some(open), Done::Deployed(deployed)) = (open, done) else {
                return;
            };
            let status = match deployed.outcome.is_good() {
                true => Status::Success,
                false => Status::Failed,
            };
            let reason = deployed.reason.as_deref().unwrap_or_default();
            let digests = deployed.digests_observed.join(", ");
            let parts = [outcome(deployed.outcome), reason, &digests];
            let message: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            if let Err(error) = trail.end(open, status, &message.join(": ")).await {
                let text = told(&error);
                tell(warning(target, text.clone(), deployed.took_ms));
                deployed.notes.push(text);
            }
        }))
        .await;
    }
}

/// `None`: a look, a plan, or a container on this machine.
fn deed(
    request: &Request,
    target: &Target,
    assignment: &Assignment,
    asker: Asker<'_>,
    settings: &Settings,
) -> Option<Deed> {
    let action = match &request.verb {
        Verb::Deploy(deploy) if deploy.dry_run => return None,
        Verb::Status { .. } | Verb::Remove => return None,
        Verb::RunTask(_) => Action::RunTask,
        Verb::Deploy(_)
        | Verb::Restart(_)
        | Verb::Start { .. }
        | Verb::Stop(_)
        | Verb::Rollback { .. } => Action::UpdateService,
    };
    let Target::Ecs(arn) = target else {
        return None;
    };
    let subject = format!("{}#{}", arn.cluster(), arn.service());
    let image = request.verb.image().map(|image| format!(" {image}"));
    let what = What {
        action,
        account: arn.account(),
        region: arn.region(),
        request: format!(
            "{} {subject}{}",
            request.verb.name(),
            image.unwrap_or_default()
        ),
        subject,
        role: assignment
            .acts_as
            .as_ref()
            .map(|role| role.role_arn.clone()),
    };
    Some(asker.deed(settings, what, arn.service()))
}

fn warning(target: &Target, text: String, after_ms: u64) -> Event {
    Event {
        service: target.to_string(),
        kind: EventKind::Warning,
        after_ms,
        text,
    }
}
