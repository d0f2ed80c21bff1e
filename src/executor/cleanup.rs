//! `executor cleanup`: removes everything that belongs to the job, found by label. Needs only the job's identity.
//!
//! The user waits for it, so containers go all at once. Silent when all is well: what it prints is an operator's warning.
//! Can run before anything exists, several times, and while a stage is still being given up.

use futures_util::future::join_all;

use super::notes::Notes;
use super::place::Place;
use crate::docker::Engine;
use crate::env;
use crate::error::{Error, Result};
use crate::job::{Identity, label};
use crate::settings::Settings;

pub(crate) fn cleanup(settings: &Settings) -> Result<()> {
    let settings = super::in_force(settings);
    let identity = Identity::from_environment()?;
    let place = Place::of(&settings.executor)?;
    let job_dir = place.job_dir(&identity);
    let notes = Notes::read(&job_dir);
    let engine = Engine::connect(
        &settings.docker,
        notes.and_then(|notes| notes.api.parse().ok()),
    )?;
    let asked = |name: &str| {
        env::job_variable(name).is_none_or(|value| !value.is_empty() && value != "false")
    };
    let network = asked("CI_JOB_SERVICES") || asked("FF_NETWORK_PER_BUILD");
    let removed = engine.block_on(remove_job(
        &engine,
        &identity.key(),
        network.then(|| identity.network()),
        Some(&identity.job_volume()),
    ));
    let dir = match std::fs::remove_dir_all(&job_dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::system(format!(
            "cannot remove the job's directory `{}`",
            job_dir.display()
        ))
        .caused_by(error)),
        Ok(()) | Err(_) => Ok(()),
    };
    removed.and(dir)
}

/// Removes a job's containers, then what they used. Goes on after a failure and reports the first.
pub(super) async fn remove_job(
    engine: &Engine,
    key: &str,
    network: Option<String>,
    volume: Option<&str>,
) -> Result<()> {
    let containers = engine.containers(&format!("{}={key}", label::JOB)).await?;
    let removals = join_all(containers.iter().map(|(name, _)| engine.remove(name))).await;
    let mut result: Result<()> = removals
        .into_iter()
        .collect::<std::result::Result<Vec<()>, _>>()
        .map(drop)
        .map_err(Error::from);
    if let Some(network) = network {
        result = result.and(engine.remove_network(&network).await.map_err(Error::from));
    }
    if let Some(volume) = volume {
        result = result.and(engine.remove_volume(volume).await.map_err(Error::from));
    }
    result
}
