//! `executor run SCRIPT STAGE`: one script in the right container, its bytes through untouched, its exit status exact.
//!
//! The usual way asks the engine nothing: the agent is there and answers. Only where it does not is Docker asked why
//! (`rescue`). Never leaves a process of ours behind that holds the runner's pipe.

use std::path::Path;
use std::time::{Duration, Instant};

use super::codes::{Outcome, RunnerCodes};
use super::marks::{WIPED, mark, met};
use super::notes::Notes;
use super::order::{is_given, order};
use super::overheard::listen;
use super::place::Place;
use super::requests::{self, OpenDesk};
use super::rescue::Rescue;
use super::{Job, in_force, telling, times};
use crate::agent::{Answer, Cancel, Ending, Handover, LIVES_MARK, Ready, Watch};
use crate::docker::Engine;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::job::{Place as StagePlace, Role, Stage};
use crate::output::{self, Output};
use crate::settings::Settings;
use crate::telemetry::{Diary, End, Work, part_of};

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
    let diary = telling::diary(&settings, &job, "");
    let run = Run {
        job: &job,
        place: &place,
        settings: &settings,
        notes,
        stage,
        output,
        desk,
        diary: &diary,
    };
    let job_dir = place.job_dir(&job.identity);
    let begun = Instant::now();
    let span = diary.began(Work::Stage(stage.to_string()));
    let outcome = run.stage(&script, &cancel);
    span.end(match &outcome {
        Ok(Outcome::Failed(status)) => End::Status(*status),
        Ok(Outcome::Cancelled) => End::Cancelled,
        Ok(Outcome::Done) | Err(_) => End::of(&outcome),
    });
    if let Some(part) = part_of(&stage.to_string()) {
        times::note(&job_dir, part, begun.elapsed());
    }
    let outcome = outcome?;
    // `local` has its own words and a table.
    if Var::DrivenByLocal.text().is_none() {
        let ended_early = outcome == Outcome::Cancelled;
        if ended_early {
            let stage = format!("`{stage}`");
            output.warning(times::told_early(&job, &stage, begun.elapsed()));
        }
        if ended_early || stage.removes_secrets() {
            times::told(&job_dir)
                .iter()
                .for_each(|line| output.status(line));
        }
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
    diary: &'a Diary,
}

impl Run<'_> {
    fn stage(&self, script: &[u8], cancel: &Cancel) -> Result<Outcome> {
        let executor = &self.settings.executor;
        let side = self.stage.place();
        let role = match side {
            StagePlace::Helper => Role::Helper,
            StagePlace::Build => Role::Build,
        };
        let rescue = self.rescue(role);
        if role == Role::Build && rescue.is_hopeless() {
            return Err(rescue.hopeless_again());
        }
        if !self.place.post(&self.job.identity, side).dir().exists() {
            return Err(rescue.no_directory());
        }
        let owner = match is_given(self.job, self.stage) {
            true => match self.agent(&self.rescue(Role::Build), cancel)? {
                Some(ready) => Some(ready.user()),
                None => return Ok(Outcome::Cancelled),
            },
            false => None,
        };
        let Some(ready) = self.agent(&rescue, cancel)? else {
            return Ok(Outcome::Cancelled);
        };
        self.entrypoints_words(role)?;
        let handover = Handover {
            script,
            order: order(executor, self.job, self.stage, owner),
            until: None,
        };
        let socket = match role {
            Role::Build => requests::serve(
                self.job,
                self.place,
                self.settings,
                self.id(role),
                self.diary,
                self.desk,
            ),
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
        self.tell(&watch.map_err(|error| broke(role, error))?, &rescue)
    }

    fn rescue(&self, role: Role) -> Rescue<'_> {
        Rescue {
            job: self.job,
            place: self.place,
            settings: self.settings,
            role,
            output: self.output,
        }
    }

    /// The id of a container, where `prepare` has noted it.
    fn id(&self, role: Role) -> Option<&str> {
        self.notes.as_ref().map(|notes| match role {
            Role::Helper => notes.helper_id.as_str(),
            Role::Build | Role::Service(_) => notes.build_id.as_str(),
        })
    }

    /// The agent of this container, ready for one stage; `None`: cancelled meanwhile.
    fn agent(&self, rescue: &Rescue<'_>, cancel: &Cancel) -> Result<Option<Ready>> {
        let side = match rescue.role {
            Role::Helper => StagePlace::Helper,
            Role::Build | Role::Service(_) => StagePlace::Build,
        };
        let post = self.place.post(&self.job.identity, side);
        let called = post.call(self.id(rescue.role), cancel, Instant::now() + QUICK);
        let answer = match called.map_err(|error| broke(rescue.role, error))? {
            Answer::Silent => rescue.wait(&post, cancel)?,
            answer @ (Answer::Ready(_) | Answer::Cancelled) => answer,
        };
        match answer {
            Answer::Ready(ready) => Ok(Some(ready)),
            Answer::Cancelled => Ok(None),
            Answer::Silent => Err(rescue.silent()),
        }
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

fn broke(role: Role, error: std::io::Error) -> Error {
    Error::system(format!(
        "cannot speak with the {role} container of this job"
    ))
    .caused_by(error)
}
