//! `executor cleanup`: removes everything that belongs to the job, found by label. Needs only the job's identity.
//!
//! The user waits for it, so containers go all at once. Silent when all is well: what it prints is an operator's warning.
//! Can run before anything exists, several times, and while a stage is still being given up.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::images::pause;
use super::marks::{WIPED, met};
use super::notes::Notes;
use super::place::Place;
use crate::agent::{Answer, Cancel, Handover, Order, Watch};
use crate::docker::Engine;
use crate::env;
use crate::error::{Error, Result};
use crate::job::{Identity, Place as StagePlace, Role, label};
use crate::settings::Settings;

/// How long the helper may take to answer for the last time.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the engine takes, at most, to create a container whose client is gone; looked for so often.
const LATE: Duration = Duration::from_millis(300);
const LATE_LOOKS: u32 = 4;

pub(crate) fn cleanup(settings: &Settings) -> Result<()> {
    let settings = super::in_force(settings);
    let identity = Identity::from_environment()?;
    let place = Place::of(&settings.executor)?;
    let job_dir = place.job_dir(&identity);
    let notes = Notes::read(&job_dir);
    let engine = Engine::connect(
        &settings.docker,
        notes.as_ref().and_then(|notes| notes.api.parse().ok()),
    )?;
    wipe_secrets(&place, &identity, notes.as_ref(), &settings);
    let asked = |name: &str| {
        env::job_variable(name).is_none_or(|value| !value.is_empty() && value != "false")
    };
    let network = asked("CI_JOB_SERVICES") || asked("FF_NETWORK_PER_BUILD");
    let removed = engine.block_on(async {
        if job_dir.exists() && notes.is_none() {
            remove_late_arrivals(&engine, &identity.key()).await?;
        }
        let network = network.then(|| identity.network());
        remove_job(
            &engine,
            &identity.key(),
            network,
            Some(&identity.job_volume()),
        )
        .await
    });
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

/// Removes the runner's temporary directory from a volume that outlives the job, where the runner did not come to it.
///
/// A job that is cancelled hard, or runs out of time, ends without the runner's `cleanup_file_variables`: its file
/// variables and the configuration with its token would stay on disk. Only an attempt: where the helper does not answer,
/// the token is dead with the job all the same.
fn wipe_secrets(place: &Place, identity: &Identity, notes: Option<&Notes>, settings: &Settings) {
    let job_dir = place.job_dir(identity);
    if !job_dir.join(met(Role::Helper)).exists() || job_dir.join(WIPED).exists() {
        return;
    }
    let Some(temporary) = env::job_variable("RUNNER_TEMP_PROJECT_DIR") else {
        return;
    };
    let inside = format!("{}/", settings.executor.builds_dir);
    if !temporary.starts_with(&inside) || !temporary.ends_with(".tmp") || temporary.contains("/../")
    {
        return;
    }
    let Ok(cancel) = Cancel::listen() else { return };
    let quoted = temporary.replace('\'', "'\\''");
    let script = format!("rm -rf -- '{quoted}' </dev/null\n");
    let post = place.post(identity, StagePlace::Helper);
    let id = notes.map(|notes| notes.helper_id.as_str());
    if let Ok(Answer::Ready(ready)) = post.call(id, &cancel, Instant::now() + PATIENCE) {
        let handover = Handover {
            script: script.as_bytes(),
            order: Order::default(),
        };
        if Watch::stage(ready, &handover, &cancel).is_err() {
            // The volume is the same job's slot; the next job's first stage removes what is known by name.
        }
    }
}

/// After a `prepare` that was killed: the engine may still be creating what that process asked for.
async fn remove_late_arrivals(engine: &Engine, key: &str) -> Result<()> {
    for _ in 0..LATE_LOOKS {
        let before = engine.containers(&format!("{}={key}", label::JOB)).await?;
        remove_job(engine, key, None, None).await?;
        pause(LATE).await;
        if before.is_empty() {
            break;
        }
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
        result = result.and(engine.remove_network(&network).await.map_err(Error::from));
    }
    if let Some(volume) = volume {
        result = result.and(engine.remove_volume(volume).await.map_err(Error::from));
    }
    result
}
