//! Disk pressure, seen before it breaks a job: what jobs used longest ago goes, images first, then kept volumes.
//!
//! What a job uses is noted when it is prepared, as a file with that time. Only what was noted is ever removed, nothing that
//! was used of late, and nothing in use: the engine refuses that. One process of a host makes room at a time.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::plan::Plan;
use crate::digest::digest;
use crate::docker::{ContainerSpec, Engine, Mount};
use crate::error::{Error, Result};
use crate::output::{self, Output};

/// A job that is being prepared must not lose what it is about to use.
const OF_LATE: Duration = Duration::from_secs(600);

/// Something that a job used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Image,
    Volume,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Volume => "volume",
        }
    }
}

/// Notes what this job uses, and makes room where less than `least` bytes are free.
///
/// # Errors
/// Those of the engine. That there is still too little room is a warning: the job may need none.
pub(super) async fn make_room(
    engine: &Engine,
    plan: &Plan,
    state: &Path,
    least: u64,
    output: &Output,
) -> Result<()> {
    let dir = state.join("used");
    note(&dir, plan).map_err(|error| {
        Error::system(format!("cannot write to `{}`", dir.display())).caused_by(error)
    })?;
    if is_enough(engine, least).await? {
        return Ok(());
    }
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"));
    let lock: File = lock.map_err(|error| {
        Error::system(format!("cannot write to `{}`", dir.display())).caused_by(error)
    })?;
    if lock.try_lock().is_err() {
        // Another job is at it.
        return Ok(());
    }
    let (mut images, mut volumes) = (0, 0);
    for (kind, name, file) in unused(&dir) {
        let removed = match kind {
            Kind::Image => engine.forget_image(&name).await?,
            Kind::Volume => engine.remove_volume(&name).await.is_ok(),
        };
        if !removed {
            continue;
        }
        std::fs::remove_file(&file).ok();
        match kind {
            Kind::Image => images += 1,
            Kind::Volume => volumes += 1,
        }
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

fn note(dir: &Path, plan: &Plan) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    // The helper's image is this program's own: it stays.
    let containers = std::iter::once(&plan.build).chain(&plan.services);
    for container in containers.clone() {
        touch(dir, Kind::Image, &container.image)?;
    }
    for name in containers.flat_map(kept) {
        touch(dir, Kind::Volume, name)?;
    }
    Ok(())
}

/// Volumes that outlive the job and are ours.
fn kept(container: &ContainerSpec) -> impl Iterator<Item = &str> {
    container.mounts.iter().filter_map(|mount| match mount {
        Mount::Volume { name, labels, .. } => {
            let is_kept = labels.iter().any(|(label, _)| label == "baws-ci.volume");
            is_kept.then_some(name.as_str())
        }
        Mount::HostReadOnly { .. } | Mount::Host { .. } | Mount::Scratch { .. } => None,
    })
}

fn touch(dir: &Path, kind: Kind, name: &str) -> std::io::Result<()> {
    let key = digest([kind.name(), name]);
    let file = dir.join(format!("{}-{}", kind.name(), &key[..32]));
    std::fs::write(file, name)
}

/// What was used longest ago comes first, images before volumes.
fn unused(dir: &Path) -> Vec<(Kind, String, PathBuf)> {
    let now = SystemTime::now();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let kinds = [Kind::Image, Kind::Volume];
        let kind = kinds
            .into_iter()
            .find(|kind| file_name.starts_with(&format!("{}-", kind.name())));
        let used = entry.metadata().and_then(|metadata| metadata.modified());
        let (Some(kind), Ok(used), Ok(name)) = (kind, used, std::fs::read_to_string(&path)) else {
            continue;
        };
        // A clock that went back: then it was just now.
        if now.duration_since(used).is_ok_and(|since| since > OF_LATE) {
            found.push((kind, used, name, path));
        }
    }
    found.sort();
    found
        .into_iter()
        .map(|(kind, _, name, path)| (kind, name, path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_goes_first_and_what_was_used_of_late_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let used = |kind: Kind, name: &str, secs: u64| {
            touch(dir.path(), kind, name).unwrap();
            let key = digest([kind.name(), name]);
            let path = dir.path().join(format!("{}-{}", kind.name(), &key[..32]));
            let file = OpenOptions::new().write(true).open(path).unwrap();
            let time = SystemTime::now() - Duration::from_secs(secs);
            file.set_modified(time).unwrap();
        };
        used(Kind::Volume, "old-volume", 9000);
        used(Kind::Image, "older", 8000);
        used(Kind::Image, "old", 700);
        used(Kind::Image, "young", 60);
        let names: Vec<String> = unused(dir.path())
            .into_iter()
            .map(|(_, name, _)| name)
            .collect();
        assert_eq!(names, ["older", "old", "old-volume"]);
    }
}
