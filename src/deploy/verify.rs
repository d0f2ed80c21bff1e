//! Whether what runs is what was wanted: every task of ours, every container that matters, by digest.

use super::end::Outcome;
use super::expected::{Expected, Match};
use super::judge::Ours;
use super::place::{Place, TaskSelection, TroubleKind};
use super::result::Verified;
use super::work::{Ended, Work};
use crate::rollout::{Revision, Scheduling, Service, Task};

/// Looks before tasks that are not right count as wrong: reads lag, and tasks come and go.
const LOOKS: u32 = 8;

/// What the tasks showed.
#[derive(Debug, PartialEq)]
pub(super) enum Shown {
    /// So many tasks run what is wanted; their number is enough.
    Right,
    Wrong,
    /// Fewer run than are to.
    Few,
    Unknown,
    /// None is to run.
    NotRunning,
    /// Another deployment has taken the place of ours meanwhile.
    Displaced,
}

pub(super) async fn verify<P: Place>(
    work: &Work<'_, P>,
    ours: &Ours,
    revision_arn: Option<&str>,
    expected: &Expected,
) -> Result<Shown, Ended> {
    work.phase("verifying");
    work.so_far
        .write(|known| known.digests_expected = expected.digests());
    let revision = match revision_arn {
        Some(arn) => work.place.revision(arn).await.ok().flatten(),
        None => None,
    };
    let mut look = 0;
    loop {
        look += 1;
        let shown = match look_once(work, ours, revision.as_ref(), expected).await {
            Ok(shown) => shown,
            // The next look asks again.
            Err(ended) if ended.outcome == Outcome::Unavailable && look < LOOKS => {
                work.pause().await;
                continue;
            }
            Err(ended) => return Err(ended),
        };
        match shown {
            Shown::Right | Shown::NotRunning | Shown::Displaced => return Ok(shown),
            Shown::Wrong | Shown::Few | Shown::Unknown if look >= LOOKS => return Ok(shown),
            // Where nobody tells digests, further looks tell none.
            Shown::Unknown if look >= 2 || !expected.is_known() => return Ok(shown),
            Shown::Wrong | Shown::Few | Shown::Unknown => work.pause().await,
        }
    }
}

async fn look_once<P: Place>(
    work: &Work<'_, P>,
    ours: &Ours,
    revision: Option<&Revision>,
    expected: &Expected,
) -> Result<Shown, Ended> {
    let Some(seen) = work.place.service().await? else {
        return Ok(Shown::Few);
    };
    let service = seen.service;
    if service.primary().is_some_and(|one| one.id != ours.id) {
        return Ok(Shown::Displaced);
    }
    let tasks = match work.place.tasks(TaskSelection::Running).await {
        Ok(tasks) => tasks,
        Err(trouble) if trouble.kind == TroubleKind::Denied => {
            work.note(format!("the tasks cannot be looked at: {}", trouble.error));
            return Ok(by_revision(work, &service, revision, expected));
        }
        Err(trouble) => return Err(trouble.into()),
    };
    let running = |task: &&Task| task.last_status == "RUNNING";
    let own: Vec<&Task> = tasks
        .iter()
        .filter(|task| task.started_by == ours.id)
        .filter(running)
        .collect();
    let others = tasks.iter().filter(running).count() - own.len();
    let wanted = wanted_count(&service, ours);
    let judged: Vec<Match> = own
        .iter()
        .map(|task| match expected.of_task(task) {
            Match::Unknown => revision.map_or(Match::Unknown, |one| expected.of_revision(one)),
            known @ (Match::Right | Match::Wrong) => known,
        })
        .collect();
    let right = judged.iter().filter(|one| **one == Match::Right).count();
    let counted = match expected.is_known() {
        true => right,
        false => own.len(),
    };
    work.so_far.write(|known| {
        known.desired = service.desired;
        known.running = u32::try_from(counted).unwrap_or(u32::MAX);
        known.digests_observed = observed(&own, revision, expected);
    });
    if wanted == 0 {
        return Ok(Shown::NotRunning);
    }
    if others > 0 {
        work.note(format!(
            "{others} tasks of other deployments still run; they are on their way out"
        ));
    }
    if judged.contains(&Match::Wrong) {
        return Ok(Shown::Wrong);
    }
    if own.len() < wanted {
        return Ok(Shown::Few);
    }
    Ok(match right >= wanted {
        true => Shown::Right,
        false => Shown::Unknown,
    })
}

/// How many have to run. Source: ECS API reference, `DeploymentEarlySuccessCriteria`, `healthyPercent`.
fn wanted_count(service: &Service, ours: &Ours) -> usize {
    let desired = match service.scheduling {
        // ECS computes it.
        Scheduling::Daemon => service.deployment(&ours.id).map_or(0, |one| one.desired),
        Scheduling::Replica | Scheduling::Other(_) => service.desired,
    };
    let percent = service.early_success_percent.unwrap_or(100).min(100);
    (desired * percent).div_ceil(100) as usize
}

/// Without a look at tasks: what ECS has resolved for the revision, and its own count.
fn by_revision<P: Place>(
    work: &Work<'_, P>,
    service: &Service,
    revision: Option<&Revision>,
    expected: &Expected,
) -> Shown {
    work.so_far.write(|known| {
        known.desired = service.desired;
        known.running = service.running;
    });
    if service.desired == 0 {
        return Shown::NotRunning;
    }
    match revision.map_or(Match::Unknown, |one| expected.of_revision(one)) {
        Match::Right if service.running >= service.desired => Shown::Right,
        Match::Right => Shown::Few,
        Match::Wrong => Shown::Wrong,
        Match::Unknown => Shown::Unknown,
    }
}

/// Digests of the containers that matter, once each.
fn observed(tasks: &[&Task], revision: Option<&Revision>, expected: &Expected) -> Vec<String> {
    let of_tasks = tasks
        .iter()
        .flat_map(|task| &task.containers)
        .filter(|one| expected.matters(&one.name))
        .filter_map(|one| one.image_digest.clone());
    let mut all: Vec<String> = of_tasks.collect();
    if all.is_empty() {
        let images = revision
            .map(|one| one.images.as_slice())
            .unwrap_or_default();
        let of_revision = images.iter().filter(|one| expected.matters(&one.container));
        all = of_revision.filter_map(|one| one.digest.clone()).collect();
    }
    all.sort();
    all.dedup();
    all
}

/// What the result says of digests.
pub(super) fn verified(shown: &Shown, expected: &Expected) -> Verified {
    match shown {
        Shown::Right => Verified::Yes,
        Shown::Wrong => Verified::No,
        Shown::Unknown | Shown::Few if expected.is_asked => Verified::Unknown,
        Shown::Unknown | Shown::Few | Shown::NotRunning | Shown::Displaced => Verified::NotAsked,
    }
}

/// An end that stands for tasks that are not as they should be.
pub(super) fn not_right(shown: &Shown, known: (u32, u32), observed: &[String]) -> Ended {
    let (running, desired) = known;
    match shown {
        Shown::Wrong => Ended::of(
            Outcome::Mismatch,
            format!(
                "other digests run than were wanted: {}",
                observed.join(", ")
            ),
        ),
        Shown::Few => Ended::of(
            Outcome::Failed,
            format!(
                "ECS calls the deployment complete, and only {running} of {desired} tasks run what was wanted"
            ),
        ),
        Shown::Unknown | Shown::Right | Shown::NotRunning | Shown::Displaced => Ended::of(
            Outcome::Mismatch,
            "nobody tells which digests run, so that it cannot be called verified",
        )
        .hint("`--accept-unverified` lets such an end count as good"),
    }
}
