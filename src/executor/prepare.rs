//! `executor prepare`: from a job to running containers.
//!
//! Everything that does not wait for something else happens at the same time. The build container is created here, so
//! that what is wrong with it is said early, but started while sources are fetched. Can be repeated: what an earlier,
//! killed attempt left is removed first.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::{join_all, try_join3};

use super::claim::{bury, claim};
use super::cleanup::{remove_job, remove_late_arrivals};
use super::created::{create, create_helper, run};
use super::ecr::Logins;
use super::guard::Guard;
use super::images::{Ensured, Fetcher};
use super::network::{fits, make_network};
use super::notes::Notes;
use super::place::Place;
use super::plan::{self, Plan, Surroundings};
use super::room;
use super::services::{self, Service};
use super::volumes::lent;
use super::{Job, images, in_force, owner, start, telling, times};
use crate::agent::Early;
use crate::docker::Engine;
use crate::env::Var;
use crate::error::{Cause, Class, Error, Result, Signal};
use crate::job::Place as StagePlace;
use crate::output::Output;
use crate::policy::{self, Admitted};
use crate::settings::Settings;
use crate::telemetry::{Diary, End, Work};

/// `early` ends when the engine is asked: from then on a cancel is told.
pub(crate) fn prepare(
    settings: &Settings,
    config: Option<&Path>,
    early: Early,
    output: &Output,
) -> Result<()> {
    // First of all: a runner that dies now would leave us to process 1, which never dies.
    let owner = owner::of_new_job()?;
    let settings = in_force(settings);
    let job = Job::from_environment()?;
    let diary = telling::diary(&settings, &job, &owner);
    diary.open();
    let span = diary.began(Work::Prepare);
    let begun = Begun {
        job: &job,
        owner,
        diary: &diary,
    };
    let done = prepare_job(begun, settings, config, early, output);
    span.end(End::of(&done));
    done
}

/// A job that has come.
struct Begun<'a> {
    job: &'a Job,
    /// Who gave it.
    owner: String,
    diary: &'a Diary,
}

fn prepare_job(
    begun: Begun<'_>,
    settings: Settings,
    config: Option<&Path>,
    early: Early,
    output: &Output,
) -> Result<()> {
    let Begun { job, owner, diary } = begun;
    let settings = lowered(settings, job)?;
    let mut admitted = policy::admit(&job.response, &settings.executor.docker, &job.variables)?;
    for warning in &admitted.warnings {
        output.warning(warning);
    }
    let place = Place::of(&settings.executor)?;
    let guard = Guard::begin(settings.executor.metadata_guard);
    let again = place.job_dir(&job.identity).exists();
    place.establish(&job.identity)?;
    let engine = Engine::connect(&settings.docker, None)?;
    fits(&engine, &settings.executor.docker)?;
    let around = Surroundings {
        lent: lent(&settings, job, engine.host())?,
        ..surroundings(&place, job, owner)?
    };
    let plan = plan::plan(job, &admitted, &settings.executor, &around)?;
    output.status(format!(
        "Docker engine at `{}`, API {}",
        engine.host(),
        engine.api()
    ));
    guard.ensure(output)?;
    let logins = Logins::of(job, &settings, &place);
    let locks = place.state_dir().join("locks");
    let ledger = room::ledger(place.state_dir(), job);
    let fetcher = Fetcher {
        engine: &engine,
        output,
        locks: &locks,
        logins: &logins,
        diary,
    };
    let timeout = u64::try_from(settings.executor.docker.wait_for_services_timeout.0)
        .ok()
        .filter(|secs| *secs > 0)
        .map(Duration::from_secs);
    let begun = Instant::now();
    let job_dir = place.job_dir(&job.identity);
    let work = async {
        drop(early);
        logins.log_in(&mut admitted).await?;
        if again {
            // A container created beside an earlier attempt's would join that one's namespace.
            let (key, volume) = (job.identity.key(), job.identity.job_volume());
            let network = Some(job.identity.network());
            remove_late_arrivals(&engine, &key).await?;
            remove_job(&engine, &key, network, Some(&volume)).await?;
        }
        room::note(&ledger, &plan, output);
        if let Some(least) = &settings.executor.min_free_disk {
            let least = policy::bytes("executor.min_free_disk", least)?.unsigned_abs();
            room::make_room(&engine, &ledger, &settings.cache.warm, least, output).await?;
        }
        for dead in claim(&place, job, &around.owner)? {
            bury(&dead, &engine, &settings.executor.builds_dir, output).await?;
        }
        containers(fetcher, &admitted, plan, timeout, &job_dir).await
    };
    let done = engine
        .unless_cancelled(work)
        .map_err(|error| Error::system("cannot listen for signals").caused_by(error))?;
    let mut notes = match done {
        Some(notes) => notes?,
        None => {
            let what = times::step_of_prepare(&job_dir);
            return Err(Error::new(
                Class::Cancelled(Signal::Terminate),
                "the runner ended the preparation of this job",
            )
            .caused_by(Cause::line(times::told_early(job, what, begun.elapsed()))));
        }
    };
    notes.temporary = job
        .variables
        .get("RUNNER_TEMP_PROJECT_DIR")
        .cloned()
        .unwrap_or_default();
    notes
        .write(&place.job_dir(&job.identity))
        .map_err(|error| Error::system("cannot write to the job's directory").caused_by(error))?;
    start::begin(config);
    Ok(())
}

/// The settings with the job's own, lower limits.
pub(super) fn lowered(mut settings: Settings, job: &Job) -> Result<Settings> {
    settings.executor.docker = policy::ceilings(&settings.executor.docker, &job.variables)?;
    Ok(settings)
}

/// What the plan has to know of this host.
///
/// # Errors
/// The job needs the runner's own program, and our parent is no gitlab-runner.
fn surroundings(place: &Place, job: &Job, owner: String) -> Result<Surroundings<'static>> {
    let runner_program = place.runner_program()?;
    let driven_by_runner = Var::DrivenByLocal.text().is_none();
    if runner_program.is_none() && driven_by_runner && needs_runner_commands(job) {
        return Err(Error::system("the runner's own program was not found, and this job's cache or artifacts need it")
            .hint("`baws-ci executor` has to be started by gitlab-runner itself, not by a script around it"));
    }
    let dir = |side| place.post(&job.identity, side).dir().display().to_string();
    Ok(Surroundings {
        helper_dir: dir(StagePlace::Helper),
        build_dir: dir(StagePlace::Build),
        runner_program: runner_program.map(|program| program.display().to_string()),
        owner,
        now: owner::now_secs(),
        lent: Vec::new(),
        read: &|path| std::fs::read_to_string(path),
    })
}

/// Cache and artifacts are moved by commands of the runner, in scripts that it writes.
fn needs_runner_commands(job: &Job) -> bool {
    let response = &job.response;
    !response.cache.is_empty()
        || !response.artifacts.is_empty()
        || response
            .dependencies
            .iter()
            .any(|one| !one.artifacts_file.filename.is_empty())
}

async fn containers(
    fetcher: Fetcher<'_>,
    admitted: &Admitted,
    plan: Plan,
    timeout: Option<Duration>,
    job_dir: &Path,
) -> Result<Notes> {
    let Fetcher {
        engine,
        output,
        diary,
        ..
    } = fetcher;
    // Only the job's own network has to be there before its containers are created.
    let plan = match make_network(engine, &plan).await? {
        Some(id) => plan.on_network(&id),
        None => plan,
    };
    let build_image = images::ensure(fetcher, &admitted.build, "the job");
    let service_images = join_all(admitted.services.iter().enumerate().map(
        |(index, service)| async move {
            for alias in &service.taken {
                output.warning(format!(
                    "the name `{alias}` of service `{}` is skipped: an earlier service has it",
                    service.image.reference
                ));
            }
            images::ensure(fetcher, &service.image, &format!("service {}", index + 1)).await
        },
    ));
    let service_images = async {
        service_images
            .await
            .into_iter()
            .collect::<Result<Vec<Ensured>>>()
    };
    // The engine looks the helper up by name when it creates the container that joins its namespace.
    let helper = create_helper(fetcher, &plan.helper);
    let begun = Instant::now();
    let span = diary.span(Work::Images);
    let fetched = try_join3(helper, build_image, service_images).await;
    span.end(End::of(&fetched));
    let (helper_id, build_image, service_images) = fetched?;
    times::note(job_dir, "images", begun.elapsed());
    let begun = Instant::now();
    let span = diary.span(Work::Containers);
    for image in std::iter::once(&build_image).chain(&service_images) {
        image.line.iter().for_each(|line| output.status(line));
    }
    let services = async {
        let starts = plan.services.iter().map(|spec| async move {
            create(engine, spec).await?;
            run(engine, spec).await
        });
        join_all(starts)
            .await
            .into_iter()
            .collect::<Result<Vec<()>>>()?;
        let services = admitted
            .services
            .iter()
            .zip(service_images)
            .zip(&plan.services);
        let services = services.map(|((admitted, image), spec)| Service {
            admitted,
            facts: image.facts,
            container: spec.name.clone(),
        });
        let services: Vec<Service<'_>> = services.collect();
        services::wait_for_all(engine, &services, timeout, output).await
    };
    let build = create(engine, &plan.build);
    let started = try_join3(run(engine, &plan.helper), build, services).await;
    span.end(End::of(&started));
    let ((), build_id, ()) = started?;
    times::note(job_dir, "containers", begun.elapsed());
    let has_entrypoint = !plan
        .build
        .entrypoint
        .as_ref()
        .unwrap_or(&build_image.facts.entrypoint)
        .is_empty();
    Ok(Notes {
        api: engine.api().to_string(),
        helper_id,
        build_id,
        has_entrypoint,
        temporary: String::new(),
    })
}
