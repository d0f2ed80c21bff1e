//! `executor run SCRIPT STAGE`: one script in the right container, its bytes through untouched, its exit status exact.
//!
//! The usual way asks the engine nothing: the agent is there and answers. Only where it does not is Docker asked why
//! (`rescue`). Never leaves a process of ours behind that holds the runner's pipe.

use std::path::Path;
use std::time::{Duration, Instant};

use super::codes::{Outcome, RunnerCodes};
use super::marks::{WIPED, mark, met};
use super::notes::Notes;
use super::overheard::listen;
use super::place::Place;
use super::requests::{self, OpenDesk};
use super::rescue::Rescue;
use super::{Job, in_force, times};
use crate::agent::{Answer, Cancel, Ending, Handover, LIVES_MARK, Order, Watch};
use crate::docker::Engine;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::job::{Place as StagePlace, Role, Stage, expand};
use crate::output::{self, Output};
use crate::settings::{ExecutorSettings, Settings};

/// Bytes that an entrypoint may say in the job log, and how long the engine may take to pass them on.
const MOST_WORDS: usize = 64 * 1024;
const WORDS: Duration = Duration::from_secs(1);

/// An agent that waits answers in about a millisecond.
const QUICK: Duration = Duration::from_millis(400);

pub(crate) fn run(
    settings: &Settings,
    script: &Path,
    stage: &Stage,
    codes: &RunnerCodes,
    output: &Output,
    desk: &OpenDesk<'_>,
) -> Result<Outcome> {
    let cancel = Cancel::listen()
        .map_err(|error| Error::system("cannot listen for signals").caused_by(error))?;
    codes.clear_status()?;
    let settings = in_force(settings);
    let job = Job::from_environment()?;
    let place = Place::of(&settings.executor)?;
    place.become_pinned(&job.identity)?;
    let script = std::fs::read(script).map_err(|error| {
        Error::system(format!("cannot read the script `{}`", script.display())).caused_by(error)
    })?;
    let notes = Notes::read(&place.job_dir(&job.identity));
    let run = Run {
        job: &job,
        place: &place,
        settings: &settings,
        notes,
        stage,
        output,
        desk,
    };
    let job_dir = place.job_dir(&job.identity);
    let begun = Instant::now();
    let outcome = run.stage(&script, &cancel);
    if let Some(part) = times::part(&stage.to_string()) {
        times::note(&job_dir, part, begun.elapsed());
    }
    let outcome = outcome?;
    // `local` has a table of its own.
    if stage.removes_secrets() && Var::DrivenByLocal.text().is_none() {
        times::told(&job_dir)
            .iter()
            .for_each(|line| output.status(line));
    }
    if stage.removes_secrets() && outcome == Outcome::Done {
        mark(&job_dir, WIPED)?;
    }
    if let Outcome::Failed(status) = outcome {
        codes.write_status(status)?;
    }
    Ok(outcome)
}

struct Run<'a> {
    job: &'a Job,
    place: &'a Place,
    settings: &'a Settings,
    notes: Option<Notes>,
    stage: &'a Stage,
    output: &'a Output,
    desk: &'a OpenDesk<'a>,
}

impl Run<'_> {
    fn stage(&self, script: &[u8], cancel: &Cancel) -> Result<Outcome> {
        let executor = &self.settings.executor;
        let side = self.stage.place();
        let role = match side {
            StagePlace::Helper => Role::Helper,
            StagePlace::Build => Role::Build,
        };
        let rescue = Rescue {
            job: self.job,
            place: self.place,
            settings: self.settings,
            role,
            output: self.output,
        };
        if role == Role::Build && rescue.is_hopeless() {
            return Err(rescue.hopeless_again());
        }
        let post = self.place.post(&self.job.identity, side);
        if !post.dir().exists() {
            return Err(rescue.no_directory());
        }
        let id = self.notes.as_ref().map(|notes| match role {
            Role::Helper => notes.helper_id.as_str(),
            Role::Build | Role::Service(_) => notes.build_id.as_str(),
        });
        let broke = |error: std::io::Error| {
            Error::system(format!(
                "cannot speak with the {role} container of this job"
            ))
            .caused_by(error)
        };
        let answer = match post
            .call(id, cancel, Instant::now() + QUICK)
            .map_err(broke)?
        {
            Answer::Silent => rescue.wait(&post, cancel)?,
            answer @ (Answer::Ready(_) | Answer::Cancelled) => answer,
        };
        let ready = match answer {
            Answer::Ready(ready) => ready,
            Answer::Cancelled => return Ok(Outcome::Cancelled),
            Answer::Silent => return Err(rescue.silent()),
        };
        self.entrypoints_words(role)?;
        let handover = Handover {
            script,
            order: order(executor, self.job, self.stage),
            until: None,
        };
        let socket = match role {
            Role::Build => requests::serve(self.job, self.place, self.settings, id, self.desk),
            Role::Helper | Role::Service(_) => Ok(None),
        };
        let socket = socket.unwrap_or_else(|error| {
            self.output
                .warning(format!("this stage has no job socket: {error}"));
            None
        });
        let overheard = match role {
            Role::Build => listen(self.job, self.place, self.settings, self.output),
            Role::Helper | Role::Service(_) => None,
        };
        let watch = Watch::stage(ready, &handover, cancel);
        drop(overheard);
        if let Some(socket) = socket {
            socket.close();
        }
        self.tell(&watch.map_err(broke)?, &rescue)
    }

    /// What the image's entrypoint printed belongs into the job log, once.
    fn entrypoints_words(&self, role: Role) -> Result<()> {
        let job_dir = self.place.job_dir(&self.job.identity);
        if job_dir.join(met(role)).exists() {
            return Ok(());
        }
        if role == Role::Build && self.notes.as_ref().is_none_or(|notes| notes.has_entrypoint) {
            let api = self.notes.as_ref().and_then(|notes| notes.api.parse().ok());
            let engine = Engine::connect(&self.settings.docker, api)?;
            let name = self.job.identity.container(role);
            let printed = engine.printed_before(&name, LIVES_MARK, MOST_WORDS, WORDS);
            let printed = engine.block_on(printed)?;
            if !printed.is_empty() {
                self.output.data(String::from_utf8_lossy(&printed));
            }
        }
        mark(&job_dir, &met(role))
    }

    /// From the ending to what the runner and the developer hear.
    fn tell(&self, watch: &Watch, rescue: &Rescue<'_>) -> Result<Outcome> {
        if let Some((kills, limit)) = watch.out_of_memory {
            let limit = limit.map_or("the memory of this host".to_owned(), |bytes| {
                format!("the limit of {}", output::bytes(bytes))
            });
            self.output.warning(format!(
                "out of memory: the kernel killed {kills} of this job's processes at {limit}"
            ));
            self.output.status("Use less memory, for example fewer parallel workers, or ask the runner's operator for a higher `memory` limit.");
        }
        let container_stays = match watch.ending {
            Ending::Status(_) | Ending::Cancelled | Ending::NoShell | Ending::Failed(_) => true,
            Ending::Unresponsive | Ending::Lost | Ending::Nonsense => false,
        };
        if container_stays && !watch.output_complete {
            self.output.warning("something in the container still holds the output of this stage; what it prints from now on is lost");
        }
        match &watch.ending {
            Ending::Status(0) => Ok(Outcome::Done),
            Ending::Status(status) => Ok(Outcome::Failed(*status)),
            Ending::Cancelled => Ok(Outcome::Cancelled),
            Ending::Unresponsive => {
                rescue.kill()?;
                self.output.warning(
                    "the stage did not end when it was cancelled; its container was killed",
                );
                Ok(Outcome::Cancelled)
            }
            Ending::Lost => rescue.lost(),
            Ending::Nonsense => {
                rescue.kill()?;
                Err(Error::system(format!(
                    "what answers in the {} container is not the agent that was started there",
                    rescue.role
                ))
                .hint("a process of this job speaks in its place; the container was killed"))
            }
            Ending::NoShell => Err(rescue.no_shell()),
            Ending::Failed(why) => Err(Error::system(format!(
                "the {} container could not run the stage `{}`",
                rescue.role, self.stage
            ))
            .caused_by(crate::error::Cause::line(why))),
        }
    }
}

/// The docker executor's helper leaves files that any user of the build container may change, and so does this one.
fn order(settings: &ExecutorSettings, job: &Job, stage: &Stage) -> Order {
    let grace_ms = settings.stop_grace_secs * 1000;
    match stage.place() {
        StagePlace::Build => Order {
            grace_ms,
            ..Order::default()
        },
        StagePlace::Helper => Order {
            umask: (!job.flag("FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR")).then_some(0),
            open_dirs: open_dirs(settings, job),
            unlink: if stage.lays_down_sources() {
                project_paths(settings, job)
            } else {
                Vec::new()
            },
            grace_ms,
        },
    }
}

/// What any user of the build container may write: sources, cache and kept volumes. Never what the operator lends.
fn open_dirs(settings: &ExecutorSettings, job: &Job) -> Vec<String> {
    let texts = settings.docker.volumes.iter();
    let (kept, lent): (Vec<String>, Vec<String>) = texts
        .map(|text| expand(text, &job.variables))
        .partition(|text| !text.contains(':'));
    let is_lent = |dir: &String| {
        lent.iter()
            .filter_map(|text| text.split(':').nth(1))
            .any(|target| Path::new(dir).starts_with(target))
    };
    let own = [&settings.builds_dir, &settings.cache_dir];
    let own = own.into_iter().filter(|dir| !is_lent(dir)).cloned();
    own.chain(kept).collect()
}

/// The project's directory, those above it below `builds_dir`, and the runner's temporary one beside it.
fn project_paths(settings: &ExecutorSettings, job: &Job) -> Vec<String> {
    let project = job
        .variables
        .get("CI_PROJECT_DIR")
        .map_or("", String::as_str);
    let Some(below) = project.strip_prefix(&format!("{}/", settings.builds_dir)) else {
        return Vec::new();
    };
    let mut paths = vec![settings.builds_dir.clone()];
    for part in below
        .split('/')
        .filter(|part| !part.is_empty() && *part != "..")
    {
        paths.push(format!("{}/{part}", paths[paths.len() - 1]));
    }
    paths.remove(0);
    paths.extend(
        job.variables
            .get("RUNNER_TEMP_PROJECT_DIR")
            .filter(|dir| !dir.contains("/../"))
            .cloned(),
    );
    paths
}
