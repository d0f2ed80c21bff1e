//! Whose slot it is: a runner gives a slot of a project to one job at a time.
//!
//! So a job of the same slot whose runner is gone is dead, but its script may still run and write into the volumes that
//! the next job is given. `prepare` ends such a job first. Found in the jobs' directories, without a question to the engine.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cleanup::{remove_directory, remove_job};
use super::notes::Notes;
use super::place::{Place, entries};
use super::wipe::wipe;
use super::{Job, owner};
use crate::docker::Engine;
use crate::error::{Error, Result};
use crate::output::Output;

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Claim {
    /// The name of the slot's cache volume: it tells runner, project, slot and side of protection.
    slot: String,
    /// As in the label of the job's containers.
    pub(super) owner: String,
    /// For whoever wants to know what runs.
    #[serde(default)]
    pub(super) job: Option<Claimed>,
}

/// Which job it is, for people.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Claimed {
    pub(crate) id: u64,
    /// `None`: this GitLab does not tell.
    pub(crate) project: Option<String>,
    pub(crate) name: String,
}

impl Claim {
    fn write(&self, job_dir: &Path) -> std::io::Result<()> {
        std::fs::write(job_dir.join("claim.json"), serde_json::to_vec(self)?)
    }

    pub(super) fn read(job_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(job_dir.join("claim.json")).ok()?).ok()
    }

    /// The directories of dead jobs in the slot that this job takes over.
    fn of_the_dead(&self, jobs_dir: &Path, own: &Path) -> Vec<PathBuf> {
        let others = entries(jobs_dir).into_iter().filter(|dir| dir != own);
        let dead =
            |claim: Claim| claim.slot == self.slot && !owner::is_alive(Some(&claim.owner), None);
        others
            .filter(|dir| Claim::read(dir).is_some_and(dead))
            .collect()
    }
}

/// Claims the job's slot; gives the directories of the dead jobs that had it.
pub(super) fn claim(place: &Place, job: &Job, owner: &str) -> Result<Vec<PathBuf>> {
    let own = place.job_dir(&job.identity);
    let claim = Claim {
        slot: job.identity.kept_volume("cache", &job.response),
        owner: owner.to_owned(),
        job: Some(Claimed {
            id: job.response.id,
            project: job.response.job_info.project_full_path.clone(),
            name: job.response.job_info.name.clone(),
        }),
    };
    claim
        .write(&own)
        .map_err(|error| Error::system("cannot write to the job's directory").caused_by(error))?;
    Ok(claim.of_the_dead(&place.jobs_dir(), &own))
}

/// Ends what still runs of a dead job, and removes it.
pub(super) async fn bury(
    dead: &Path,
    engine: &Engine,
    builds_dir: &str,
    output: &Output,
) -> Result<()> {
    let key = dead
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    output.status(format!(
        "Removing what a job left in this slot when its runner died ({key})"
    ));
    if let Some(notes) = Notes::read(dead) {
        wipe(dead, &notes, builds_dir);
    }
    remove_job(engine, &key, None, None).await?;
    remove_directory(dead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_dead_job_of_the_same_slot_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let staked = |name: &str, slot: &str, owner: String| {
            let job = dir.path().join(name);
            std::fs::create_dir(&job).unwrap();
            let claim = Claim {
                slot: slot.to_owned(),
                owner,
                job: None,
            };
            claim.write(&job).unwrap();
            (job, claim)
        };
        let dead = owner::label()
            .rsplit_once(':')
            .map(|(rest, _)| format!("{rest}:1"))
            .unwrap();
        let (own, mine) = staked("own", "s", owner::label());
        let (stale, _) = staked("stale", "s", dead.clone());
        staked("alive", "s", owner::label());
        staked("elsewhere", "t", dead);
        assert_eq!(mine.of_the_dead(dir.path(), &own), [stale]);
    }
}
