//! `executor cleanup`: removes everything that belongs to the job, found by label. Needs only the job's identity.
//!
//! The user waits for it, so containers go all at once. Silent when all is well: what it prints is an operator's warning.
//! Can run before anything exists, several times, and while a stage is still being given up.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::images::pause;
use super::marks::{ENDED, mark};
use super::notes::Notes;
use super::place::Place;
use super::wipe::wipe;
use crate::docker::{Engine, Reason};
use crate::env;
use crate::error::{Error, Result};
use crate::job::{Identity, label};
use crate::output::Output;
use crate::settings::Settings;
use crate::telemetry;

/// An engine that is being restarted comes back within this time; nothing is left behind for its sake.
const PERSISTENCE: Duration = Duration::from_secs(30);
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// An engine goes on creating what a killed client asked for: nothing may come for so long before that counts as over. A
/// busy engine was seen to take more than 300 ms for a network.
const QUIET: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// One process asks for few things; whatever still comes after this time is none of its doing.
const LATEST: Duration = Duration::from_secs(20);

/// Cleans up, again and again for a while where the engine does not answer or does not let go of a container.
pub(crate) fn cleanup(settings: &Settings, output: &Output) -> Result<()> {
    let settings = super::in_force(settings);
    let identity = Identity::from_environment()?;
    let place = Place::of(&settings.executor)?;
    let job_dir = place.job_dir(&identity);
    if job_dir.exists() {
        // On a full disk there is no room for it; what follows makes some.
        mark(&job_dir, ENDED).ok();
    }
    let diary = telemetry::diary_of(place.state_dir(), &identity.key());
    let telling = telemetry::is_on(&settings).then(|| telemetry::tell(&settings, &diary));
    let give_up = Instant::now() + PERSISTENCE;
    let ended = loop {
        match attempt(&settings, &identity, &job_dir) {
            Err(_) if Instant::now() < give_up => std::thread::sleep(BETWEEN_TRIES),
            ended => break ended,
        }
    };
    match telling.flatten() {
        Some(telling) => ended.and(telling.end(&|error| output.warning(error))),
        None => ended,
    }
}

fn attempt(settings: &Settings, identity: &Identity, job_dir: &Path) -> Result<()> {
    let notes = Notes::read(job_dir);
    let api = notes.as_ref().and_then(|notes| notes.api.parse().ok());
    let engine = Engine::connect(&settings.docker, api)?;
    if let Some(notes) = &notes {
        wipe(job_dir, notes, &settings.executor.builds_dir);
    }
    let asked = |name: &str| {
        env::job_variable(name).is_none_or(|value| !value.is_empty() && value != "false")
    };
    let network = asked("CI_JOB_SERVICES")
        || asked("FF_NETWORK_PER_BUILD")
        || !settings.executor.docker.services.is_empty();
    engine.block_on(async {
        if job_dir.exists() && notes.is_none() {
            remove_late_arrivals(&engine, &identity.key()).await?;
        }
        let network = network.then(|| identity.network());
        let volume = identity.job_volume();
        remove_job(&engine, &identity.key(), network, Some(&volume)).await
    })?;
    remove_directory(job_dir)
}

pub(super) fn remove_directory(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::system(format!(
            "cannot remove the job's directory `{}`",
            dir.display()
        ))
        .caused_by(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// After a `prepare` that was killed: the engine may still be creating what that process asked for.
pub(super) async fn remove_late_arrivals(engine: &Engine, key: &str) -> Result<()> {
    let begun = Instant::now();
    let mut quiet_since = begun;
    while quiet_since.elapsed() < QUIET && begun.elapsed() < LATEST {
        let own = format!("{}={key}", label::JOB);
        let containers = engine.containers(&own).await?;
        let networks = engine.networks(&own).await?;
        if !containers.is_empty() || !networks.is_empty() {
            remove_job(engine, key, None, None).await?;
            remove_networks(engine, key).await?;
            quiet_since = Instant::now();
        }
        pause(BETWEEN_LOOKS).await;
    }
    Ok(())
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
        let removed = match engine.remove_network(&network).await {
            // Two of one name: one of a `prepare` that was killed, which the engine made late.
            Err(failure) if failure.reason == Reason::Invalid => remove_networks(engine, key).await,
            other => other.map_err(Error::from),
        };
        result = result.and(removed);
    }
    if let Some(volume) = volume {
        result = result.and(engine.remove_volume(volume).await.map_err(Error::from));
    }
    result
}

/// All networks that carry the job's label.
async fn remove_networks(engine: &Engine, key: &str) -> Result<()> {
    let mut result = Ok(());
    for (id, _) in engine.networks(&format!("{}={key}", label::JOB)).await? {
        result = result.and(engine.remove_network(&id).await.map_err(Error::from));
    }
    result
}
