//! Disk pressure, seen before it breaks a job: what jobs used longest ago goes, images first, then kept volumes.
//!
//! What a job uses is written down when it is prepared. Only what was written down is ever removed, nothing that was used of
//! late, and nothing in use: the engine refuses that. One process of a host makes room at a time.

use std::time::SystemTime;

use super::Job;
use super::plan::Plan;
use crate::cache::{Kind, Ledger, Whose, same_image};
use crate::docker::{ContainerSpec, Engine, Forgotten, Mount};
use crate::error::Result;
use crate::job::{Facts, Protection, label};
use crate::output::{self, Output};

/// Where what the job uses is written down.
pub(super) fn ledger(state: &std::path::Path, job: &Job) -> Ledger {
    let response = &job.response;
    let number = || format!("project {}", response.job_info.project_id);
    let whose = Whose {
        key: job.identity.side_key(response),
        project: Facts::of(response, &job.identity)
            .map_or_else(|_| number(), |facts| facts.project),
        side: Protection::of(response).to_string(),
    };
    Ledger::of(state, whose)
}

/// Writes down what this job uses; where that cannot be it is a warning, as the job needs none of it.
pub(super) fn note(ledger: &Ledger, plan: &Plan, output: &Output) {
    // The helper's image is this program's own: it stays.
    let containers = std::iter::once(&plan.build).chain(&plan.services);
    let images = containers
        .clone()
        .map(|one| (Kind::Image, one.image.as_str()));
    let volumes = containers.flat_map(kept).map(|name| (Kind::Volume, name));
    let noted = images
        .chain(volumes)
        .try_for_each(|(kind, name)| ledger.note(kind, name));
    if let Err(error) = noted {
        output.warning(format!(
            "what this job uses could not be written down on this host: {error}"
        ));
    }
}

/// Makes room where less than `least` bytes are free.
///
/// # Errors
/// Those of the engine. That there is still too little room is a warning: the job may need none.
pub(super) async fn make_room(
    engine: &Engine,
    ledger: &Ledger,
    warm: &[String],
    least: u64,
    output: &Output,
) -> Result<()> {
    if is_enough(engine, least).await? {
        return Ok(());
    }
    let Some(_lock) = ledger.hold()? else {
        // Another job is at it.
        return Ok(());
    };
    let (mut images, mut volumes) = (0, 0);
    let now = SystemTime::now();
    let used = ledger.read().into_iter();
    let stays = |name: &String| warm.iter().any(|warm| same_image(warm, name));
    for one in used.filter(|one| !one.is_of_late(now) && !stays(&one.name)) {
        match one.kind {
            Kind::Image => match engine.forget_image(&one.name).await? {
                Forgotten::InUse => continue,
                Forgotten::WasGone => {}
                Forgotten::Removed => images += 1,
            },
            Kind::Volume => match engine.remove_volume(&one.name).await {
                Err(_) => continue,
                Ok(()) => volumes += 1,
            },
        }
        ledger.forget(one.kind, &one.name);
        if is_enough(engine, least).await? {
            break;
        }
    }
    if images + volumes > 0 {
        output.status(format!(
            "Made room on this host: {images} images and {volumes} volumes that no job used of late are gone"
        ));
    }
    if !is_enough(engine, least).await? {
        output.warning(format!(
            "less than {} are free where the engine keeps its images, and nothing more can go",
            output::bytes(least)
        ));
    }
    Ok(())
}

async fn is_enough(engine: &Engine, least: u64) -> Result<bool> {
    let free = engine.free_disk().await?;
    Ok(free.is_none_or(|free| free >= least))
}

/// Volumes that outlive the job and are ours.
fn kept(container: &ContainerSpec) -> impl Iterator<Item = &str> {
    container.mounts.iter().filter_map(|mount| match mount {
        Mount::Volume { name, labels, .. } => {
            let is_kept = labels.iter().any(|(label, _)| label == label::KEPT);
            is_kept.then_some(name.as_str())
        }
        Mount::HostReadOnly { .. } | Mount::Host { .. } | Mount::Scratch { .. } => None,
    })
}
