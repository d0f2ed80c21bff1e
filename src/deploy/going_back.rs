//! Ends that are not good: what they are called, what shows why, and the way back where that was asked for.

use std::time::Duration;

use super::end::Outcome;
use super::evidence;
use super::judge::Finding;
use super::place::{Place, TroubleKind, Update};
use super::request::RollbackChoice;
use super::result::{RolledBack, SupersededBy};
use super::rollout::short;
use super::watch::{Watch, Watched};
use super::work::{Ended, Work};
use crate::rollout::{Definition, clean};

/// Revisions that are looked at for one with another image.
const MOST_REVISIONS: u32 = 20;

/// The revision to go back to.
pub(super) async fn revision<P: Place>(
    work: &Work<'_, P>,
    now: &Definition,
    to: Option<u32>,
) -> Result<Definition, Ended> {
    let (name, own) = now.arn().rsplit_once(':').unwrap_or((now.arn(), "0"));
    let own: u32 = own.parse().unwrap_or(0);
    let none = |what: String| {
        Ended::of(Outcome::Precondition, what).hint(format!(
            "`aws ecs list-task-definitions --family-prefix {}` tells which there are",
            now.family()
        ))
    };
    if let Some(number) = to {
        return match if_there(work, &format!("{name}:{number}")).await? {
            Some(found) if found.is_active() => Ok(found),
            Some(found) => Err(none(format!("{} is inactive", short(found.arn())))),
            None => Err(none(format!(
                "there is no revision {number} of `{}`",
                now.family()
            ))),
        };
    }
    let images: Vec<(String, String)> = owned(now);
    for number in (1..own).rev().take(MOST_REVISIONS as usize) {
        if let Some(found) = if_there(work, &format!("{name}:{number}")).await?
            && found.is_active()
            && owned(&found) != images
        {
            return Ok(found);
        }
    }
    Err(none(format!(
        "there is no earlier revision of `{}` with another image to go back to",
        now.family()
    ))
    .hint("a service whose definition only names a tag is taken back by pushing the older image under that tag and `baws-ci restart`"))
}

async fn if_there<P: Place>(work: &Work<'_, P>, arn: &str) -> Result<Option<Definition>, Ended> {
    match work.place.definition(arn).await {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if matches!(trouble.kind, TroubleKind::NotFound | TroubleKind::Invalid) => {
            Ok(None)
        }
        Err(trouble) => Err(trouble.into()),
    }
}

fn owned(definition: &Definition) -> Vec<(String, String)> {
    let own = |(name, image): (&str, &str)| (name.to_owned(), image.to_owned());
    definition.images().map(own).collect()
}

/// What a finding is called.
pub(super) fn found<P: Place>(watch: &Watch<'_, '_, P>, finding: Finding) -> Ended {
    let told = |outcome, otherwise: &str, text: String| {
        let text = clean(&text, 500);
        Ended::of(
            outcome,
            match text.is_empty() {
                true => otherwise.to_owned(),
                false => text,
            },
        )
    };
    match finding {
        Finding::Lost => Ended::of(Outcome::Lost, "the service was deleted meanwhile"),
        Finding::Failed(text) => told(Outcome::Failed, "ECS calls the deployment failed", text),
        Finding::RolledBack(text) => {
            set_rollback(watch, &text, RolledBy::Ecs);
            told(
                Outcome::RolledBack,
                "ECS has gone back to what ran before",
                text,
            )
        }
        Finding::RollbackFailed(text) => {
            set_rollback(watch, &text, RolledBy::Ecs);
            told(Outcome::RollbackFailed, "the way back has failed too", text)
        }
        Finding::Stopped(text) => told(
            Outcome::Stopped,
            "somebody has stopped the deployment",
            text,
        ),
        Finding::Mismatch => Ended::of(
            Outcome::Mismatch,
            "ECS has resolved the image to another digest than was wanted",
        ),
        Finding::Superseded(_) => Ended::of(
            Outcome::Superseded,
            "a newer deployment has taken the place of this one",
        ),
    }
}

enum RolledBy {
    Us,
    Ecs,
}

fn set_rollback<P: Place>(watch: &Watch<'_, '_, P>, reason: &str, by: RolledBy) {
    let primary = watch.service().and_then(|service| service.primary());
    let to = primary
        .filter(|one| one.id != watch.ours.id)
        .map(|one| one.task_definition.clone());
    watch.work().so_far.write(|known| {
        let to = to.or_else(|| known.task_definition_before.clone());
        known.rollback = Some(RolledBack {
            reason: clean(reason, 500),
            to,
            ours: matches!(by, RolledBy::Us),
        });
    });
}

/// Who took the place of ours.
pub(super) async fn superseded<P: Place>(
    watch: &mut Watch<'_, '_, P>,
    id: Option<String>,
) -> Ended {
    let work = watch.work();
    let newer = watch
        .service()
        .and_then(|service| service.primary())
        .filter(|one| one.id != watch.ours.id)
        .cloned();
    let id = id.or_else(|| newer.as_ref().map(|one| one.id.clone()));
    let digest = match &newer {
        Some(newer) => super::identity::digest_of(work, newer, watch.expected()).await,
        None => None,
    };
    let definition = newer.map(|one| one.task_definition).unwrap_or_default();
    work.so_far.write(|known| {
        known.superseded_by = Some(SupersededBy {
            deployment_id: id.clone().unwrap_or_default(),
            task_definition: definition,
            digest,
        });
    });
    Ended::of(
        Outcome::Superseded,
        match id {
            Some(id) => format!("the newer deployment {id} has taken the place of this one"),
            None => "a newer deployment has taken the place of this one".to_owned(),
        },
    )
}

/// Gathers what shows why, and goes back where that was chosen.
pub(super) async fn bad_end<P: Place>(
    watch: &mut Watch<'_, '_, P>,
    ended: Ended,
    choice: RollbackChoice,
) -> Result<Ended, Ended> {
    evidence::gather(
        watch.work(),
        &watch.ours.id,
        watch.service(),
        watch.deployment.as_ref(),
    )
    .await;
    if choice == RollbackChoice::Leave {
        return Ok(ended);
    }
    let work = watch.work();
    work.status(format!("{}: going back, as was asked for", ended.reason));
    match begin(watch).await {
        Ok(true) => {}
        Ok(false) => return Ok(ended),
        Err(failed) => {
            return Err(Ended {
                outcome: Outcome::RollbackFailed,
                reason: format!("{}; and going back failed: {}", ended.reason, failed.reason),
                hints: failed.hints,
            });
        }
    }
    let deadline = work.elapsed() + Duration::from_secs(watch.timeout_secs());
    watch.rolling_back(deadline);
    let why = ended.reason.clone();
    set_rollback(watch, &why, RolledBy::Us);
    Ok(match watch.until_end().await? {
        Watched::Found(Finding::RolledBack(_)) | Watched::ToVerify => Ended::of(
            Outcome::RolledBack,
            format!("{why}; gone back, as was asked for"),
        ),
        Watched::Found(Finding::RollbackFailed(text)) => Ended::of(
            Outcome::RollbackFailed,
            format!("{why}; and going back failed: {}", clean(&text, 300)),
        ),
        Watched::TimedOut => Ended::of(
            Outcome::RollbackFailed,
            format!("{why}; and going back is not over in time: it goes on"),
        ),
        Watched::Found(finding) => found(watch, finding),
        Watched::Paused(_) => ended,
    })
}

/// Sends what takes the service back; false: there is no way.
async fn begin<P: Place>(watch: &mut Watch<'_, '_, P>) -> Result<bool, Ended> {
    let work = watch.work();
    let arn = watch.deployment.as_ref().map(|one| one.arn.clone());
    if let Some(arn) = arn {
        match work.place.roll_back(&arn).await {
            Ok(()) => return Ok(true),
            Err(trouble)
                if matches!(
                    trouble.kind,
                    TroubleKind::Denied | TroubleKind::Unsupported | TroubleKind::Invalid
                ) =>
            {
                work.note(format!("{}", trouble.error));
            }
            Err(trouble) => return Err(trouble.into()),
        }
    }
    let before = watch.before_definition();
    if before == watch.ours.definition {
        work.note(
            "there is no way back: the same task definition ran before, and what its tag meant then is known to nobody",
        );
        return Ok(false);
    }
    let update = Update {
        definition: Some(before),
        force: true,
        desired: None,
    };
    let service = work.place.update(&update).await?;
    watch.becomes(&service);
    Ok(true)
}
