//! `executor sweep`: removes what dead jobs left; never anything of a live one.
//!
//! Dead: the runner process that gave the job is gone, the job's deadline has passed, or its `cleanup` could not finish. Finds jobs by the labels of
//! containers, networks and volumes, and by directories without any. Kept volumes (cache, fetched sources) stay.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use super::cleanup::{remove_directory, remove_job};
use super::marks::ENDED;
use super::notes::Notes;
use super::owner;
use super::place::{Place, entries};
use super::wipe::wipe;
use crate::cache::{self, Kind, Ledger, Mode, same_repository};
use crate::docker::Engine;
use crate::error::{Error, Result};
use crate::image::{PRIVATE_NAMES, forget_old_layers};
use crate::job::label;
use crate::output::Output;
use crate::policy;
use crate::settings::Settings;
use crate::telemetry;

/// A directory without containers may belong to a job that is just being prepared.
const YOUNG: Duration = Duration::from_secs(3600);

/// The names of a project's images on this host go so long after they were given: a later job builds or pulls again.
const OLD_NAME: Duration = Duration::from_secs(7 * 24 * 3600);

/// What Docker holds of one job.
#[derive(Default)]
struct Remains {
    alive: bool,
    containers: usize,
    networks: Vec<String>,
    volumes: Vec<String>,
}

pub(crate) fn sweep(settings: &Settings, mode: Mode, output: &Output) -> Result<()> {
    let place = Place::of(&settings.executor)?;
    let engine = Engine::connect(&settings.docker, None)?;
    let mut jobs = engine.block_on(found(&engine))?;
    for (key, remains) in &mut jobs {
        remains.alive &= !place.jobs_dir().join(key).join(ENDED).exists();
    }
    let mut result = Ok(());
    let (mut dead, mut alive) = (0, 0);
    for (key, remains) in &jobs {
        if remains.alive {
            alive += 1;
            continue;
        }
        dead += 1;
        output.status(format!(
            "{} job {key}: {} containers, {} networks, {} volumes",
            if mode == Mode::Remove {
                "Removing dead"
            } else {
                "Would remove dead"
            },
            remains.containers,
            remains.networks.len(),
            remains.volumes.len()
        ));
        if mode == Mode::Remove {
            let job_dir = place.jobs_dir().join(key);
            if let Some(notes) = Notes::read(&job_dir) {
                wipe(&job_dir, &notes, &settings.executor.builds_dir);
            }
            result = result.and(engine.block_on(remove(&engine, key, remains)));
        }
    }
    if mode == Mode::Remove {
        for dir in entries(&place.jobs_dir()) {
            let key = dir
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let known_dead = jobs.get(&key).is_some_and(|remains| !remains.alive);
            let forgotten = !jobs.contains_key(&key) && (dir.join(ENDED).exists() || is_old(&dir));
            if known_dead || forgotten {
                result = result.and(remove_directory(&dir));
            }
        }
        result = result.and(
            place
                .forget_old_programs()
                .map_err(|error| Error::system("cannot remove old programs").caused_by(error)),
        );
    }
    result = result.and(engine.block_on(forget_old_names(&engine, mode, output)));
    let ledger = Ledger::of_host(place.state_dir());
    if mode == Mode::Remove {
        tell_of_the_dead(settings, &place, output);
        forget_old_layers(place.state_dir());
        result = result.and(engine.block_on(forget_what_is_gone(&engine, &ledger)));
    }
    result = result.and(collect(settings, &engine, &ledger, mode, output));
    output.status(format!("{dead} dead, {alive} alive"));
    result
}

/// Jobs whose runner is gone have no `cleanup` that would tell of them.
fn tell_of_the_dead(settings: &Settings, place: &Place, output: &Output) {
    let is_alive =
        |owner: &str, deadline: u64| owner::is_alive(Some(owner), Some(&deadline.to_string()));
    let warn = |error: &Error| output.warning(error);
    telemetry::settle(settings, place.state_dir(), &is_alive, &warn);
}

/// What was written down of images and volumes that this host does not have any more.
async fn forget_what_is_gone(engine: &Engine, ledger: &Ledger) -> Result<()> {
    let images = engine.image_names().await?;
    let volumes = engine.volumes(label::KEPT).await?;
    let now = SystemTime::now();
    for used in ledger.read().iter().filter(|used| !used.is_of_late(now)) {
        let is_there = match used.kind {
            Kind::Image => images.iter().any(|name| same_repository(name, &used.name)),
            Kind::Volume => volumes.iter().any(|(name, _)| *name == used.name),
        };
        if !is_there {
            ledger.forget(used.kind, &used.name);
        }
    }
    Ok(())
}

/// What is held beyond the operator's budget goes.
fn collect(
    settings: &Settings,
    engine: &Engine,
    ledger: &Ledger,
    mode: Mode,
    output: &Output,
) -> Result<()> {
    let Some(budget) = &settings.cache.budget else {
        return Ok(());
    };
    let budget = policy::bytes("cache.budget", budget)?.unsigned_abs();
    let warm = &settings.cache.warm;
    let done = engine.block_on(cache::collect(engine, ledger, warm, budget, mode))?;
    if let Some(done) = done {
        let (told, warning) = cache::collected(&done, mode);
        output.status(told);
        warning.iter().for_each(|warning| output.warning(warning));
    }
    Ok(())
}

async fn forget_old_names(engine: &Engine, mode: Mode, output: &Output) -> Result<()> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    for (name, named_at) in engine.names_under(PRIVATE_NAMES).await? {
        if now.saturating_sub(named_at) < OLD_NAME.as_secs() {
            continue;
        }
        output.status(match mode {
            Mode::Remove => format!("Removing the name `{name}`, a week old"),
            Mode::DryRun => format!("Would remove the name `{name}`, a week old"),
        });
        if mode == Mode::Remove {
            engine.untag(&name).await?;
        }
    }
    Ok(())
}

async fn found(engine: &Engine) -> Result<BTreeMap<String, Remains>> {
    let mut jobs: BTreeMap<String, Remains> = BTreeMap::new();
    let mut note = |labels: &HashMap<String, String>, add: &dyn Fn(&mut Remains)| {
        let Some(key) = labels.get(label::JOB) else {
            return;
        };
        let remains = jobs.entry(key.clone()).or_default();
        let owner = labels.get(label::OWNER).map(String::as_str);
        remains.alive |= owner::is_alive(owner, labels.get(label::DEADLINE).map(String::as_str));
        add(remains);
    };
    for (_, labels) in engine.containers(label::JOB).await? {
        note(&labels, &|remains| remains.containers += 1);
    }
    for (name, labels) in engine.networks(label::JOB).await? {
        note(&labels, &|remains| remains.networks.push(name.clone()));
    }
    for (name, labels) in engine.volumes(label::JOB).await? {
        note(&labels, &|remains| remains.volumes.push(name.clone()));
    }
    Ok(jobs)
}

async fn remove(engine: &Engine, key: &str, remains: &Remains) -> Result<()> {
    let mut result = remove_job(engine, key, None, None).await;
    for network in &remains.networks {
        result = result.and(engine.remove_network(network).await.map_err(Error::from));
    }
    for volume in &remains.volumes {
        result = result.and(engine.remove_volume(volume).await.map_err(Error::from));
    }
    result
}

fn is_old(dir: &std::path::Path) -> bool {
    let notes_gone = Notes::read(dir).is_none();
    let age = std::fs::metadata(dir)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| time.elapsed().ok());
    let limit = if notes_gone { YOUNG } else { YOUNG * 48 };
    age.is_some_and(|age| age > limit)
}
