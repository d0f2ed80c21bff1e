//! When an agent does not answer, or is lost: asks Docker why, mends what can be mended, and names the rest.
//!
//! A container that was met before is started again, so that after_script and the uploads still find its files; one that
//! never answered is explained: its image's entrypoint did not hand over.

use std::time::{Duration, Instant};

use super::Job;
use super::codes::Outcome;
use super::images::pause;
use super::marks::{HOPELESS, mark, met};
use super::place::Place;
use crate::agent::{Answer, Cancel, LIVES_MARK, Post};
use crate::docker::{Engine, Failure, Found, Reason};
use crate::error::{Cause, Error, Result};
use crate::job::Role;
use crate::output::Output;
use crate::settings::Settings;

/// How long an engine that is restarted may take.
const ENGINE_RESTART: Duration = Duration::from_secs(20);
/// Between two looks at a container that is slow to answer.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The engine notices the end of a container a little later than we do.
const NOTICE: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(super) struct Rescue<'a> {
    pub(super) job: &'a Job,
    pub(super) place: &'a Place,
    pub(super) settings: &'a Settings,
    pub(super) role: Role,
    pub(super) output: &'a Output,
}

impl Rescue<'_> {
    fn name(&self) -> String {
        self.job.identity.container(self.role)
    }

    /// The engine, which may just be coming back from a restart.
    fn engine(&self) -> Result<Engine> {
        let give_up = Instant::now() + ENGINE_RESTART;
        loop {
            match Engine::connect(&self.settings.docker, None) {
                Err(_) if Instant::now() < give_up => std::thread::sleep(LOOK_EVERY),
                connected => return connected,
            }
        }
    }

    /// Whether the container's agent has ever answered. The helper's is its entrypoint, so nothing can stand before it.
    fn met(&self) -> bool {
        if self.role == Role::Helper {
            return true;
        }
        self.place
            .job_dir(&self.job.identity)
            .join(met(self.role))
            .exists()
    }

    /// Waits for an agent that did not answer at once, starting its container (again) where it does not run.
    pub(super) fn wait(&self, post: &Post, cancel: &Cancel) -> Result<Answer> {
        let engine = self.engine()?;
        let met = self.met();
        let patience = if met {
            self.settings.executor.stop_grace_secs + 5
        } else {
            self.settings.executor.entrypoint_timeout_secs
        };
        let mut deadline = Instant::now() + Duration::from_secs(patience);
        let mut started = false;
        loop {
            let found = engine
                .block_on(engine.find(&self.name()))?
                .ok_or_else(|| self.gone())?;
            if !found.running {
                // An entrypoint that does not hand over ends by itself; one ended by a signal was killed.
                let by_itself = found.was_started() && !met && found.exit_code < 128;
                if started || by_itself {
                    return Err(self.ended_early(&engine, &found));
                }
                self.start_again(&engine, &found)?;
                started = true;
                deadline = Instant::now()
                    + Duration::from_secs(self.settings.executor.entrypoint_timeout_secs);
            } else if Instant::now() >= deadline {
                if !met || started {
                    return Ok(Answer::Silent);
                }
                self.output.warning(format!("nothing answers in the {} container any more: its agent was killed or stopped; starting it again", self.role));
                engine.block_on(engine.kill(&self.name()))?;
                continue;
            }
            let answer = post.call(Some(&found.id), cancel, Instant::now() + LOOK_EVERY);
            match answer.map_err(|error| {
                Error::system(format!(
                    "cannot speak with the {} container of this job",
                    self.role
                ))
                .caused_by(error)
            })? {
                Answer::Silent => {}
                answer @ (Answer::Ready(_) | Answer::Cancelled) => return Ok(answer),
            }
        }
    }

    fn start_again(&self, engine: &Engine, found: &Found) -> Result<()> {
        if found.was_started() {
            let memory = if found.oom_killed {
                " (out of memory)"
            } else {
                ""
            };
            self.output.warning(format!("the {} container had ended with exit status {}{memory}; it is started again, with its files", self.role, found.exit_code));
        }
        match self.role {
            Role::Helper => {
                // The build container lives in the namespace of the helper that is gone; its next stage starts it anew.
                if let Err(failure) =
                    engine.block_on(engine.kill(&self.job.identity.container(Role::Build)))
                    && failure.reason != Reason::NotFound
                {
                    return Err(failure.into_error());
                }
            }
            Role::Build | Role::Service(_) => {
                let helper = self.job.identity.container(Role::Helper);
                engine
                    .block_on(engine.start(&helper))
                    .map_err(|failure| could_not_start(failure, &helper))?;
            }
        }
        engine
            .block_on(engine.start(&self.name()))
            .map(drop)
            .map_err(|failure| could_not_start(failure, &self.name()))
    }

    /// Kills the container; its next stage starts it again.
    pub(super) fn kill(&self) -> Result<()> {
        let engine = self.engine()?;
        Ok(engine.block_on(engine.kill(&self.name()))?)
    }

    /// The agent went away in the middle of a stage.
    pub(super) fn lost(&self) -> Result<Outcome> {
        let engine = self.engine()?;
        let give_up = Instant::now() + NOTICE;
        let found = loop {
            let found = engine
                .block_on(engine.find(&self.name()))?
                .ok_or_else(|| self.gone())?;
            if !found.running || Instant::now() >= give_up {
                break found;
            }
            engine.block_on(pause(LOOK_AGAIN));
        };
        if found.running {
            engine.block_on(engine.kill(&self.name()))?;
            return Err(Error::system(format!("the agent in the {} container was killed while the stage ran", self.role))
                .hint("a process of this job ended process 1 or the agent (`kill -9 -1`, `pkill`); the container was stopped with everything in it"));
        }
        if found.oom_killed {
            let limit = self
                .settings
                .executor
                .docker
                .memory
                .as_deref()
                .map_or(String::new(), |limit| format!(" of {limit}"));
            self.output.warning(format!(
                "out of memory: the kernel ended the {} container at its limit{limit}",
                self.role
            ));
            return Ok(Outcome::Failed(137));
        }
        Err(Error::system(format!("the {} container ended while the stage ran, with exit status {}", self.role, found.exit_code))
            .hint("it was killed from outside the job, or the Docker engine was restarted; the operator looks into the engine's log"))
    }

    pub(super) fn no_shell(&self) -> Error {
        self.give_up();
        Error::system(format!(
            "the image of the {} container has no shell",
            self.role
        ))
        .caused_by(Cause::line(
            "looked for bash and sh in /usr/local/bin, /usr/bin, /bin and /busybox",
        ))
        .hint("use an image that has one, such as the `-debug` or `-slim` variant of yours")
    }

    pub(super) fn no_directory(&self) -> Error {
        Error::system("this job has not been prepared on this host")
            .caused_by(Cause::line(format!("there is no `{}`", self.place.job_dir(&self.job.identity).display())))
            .hint("the operator checks that every stage has the same settings, above all the same `[executor] state_dir`")
    }

    fn gone(&self) -> Error {
        Error::system(format!(
            "the {} container `{}` of this job is gone",
            self.role,
            self.name()
        ))
        .hint("somebody, or something like `docker system prune`, removed it while the job ran")
    }

    /// Remembers that this job's image runs nothing, so that its further stages need not find out again.
    fn give_up(&self) {
        let job_dir = self.place.job_dir(&self.job.identity);
        if self.role == Role::Build && mark(&job_dir, HOPELESS).is_err() {
            // Then they find out again.
        }
    }

    pub(super) fn is_hopeless(&self) -> bool {
        self.place
            .job_dir(&self.job.identity)
            .join(HOPELESS)
            .exists()
    }

    pub(super) fn hopeless_again(&self) -> Error {
        Error::system("the build container cannot run this stage either; the reason stands above")
    }

    /// The entrypoint runs, and does not come to the command.
    pub(super) fn silent(&self) -> Error {
        self.give_up();
        let secs = self.settings.executor.entrypoint_timeout_secs;
        let error = Error::system(format!(
            "the entrypoint of the {} container did not hand over to the job within {secs} s",
            self.role
        ));
        self.with_printed(error)
            .hint("an entrypoint has to end in `exec \"$@\"`; override it in the job: `image: {name: …, entrypoint: [\"\"]}`")
            .hint("where it only needs longer, the operator raises `entrypoint_timeout_secs` in `[executor]`")
            .hint("an engine whose default runtime is gVisor or Kata, or SELinux without a label for `[executor] state_dir`, keeps the agent from the host: neither is supported")
    }

    fn ended_early(&self, engine: &Engine, found: &Found) -> Error {
        self.give_up();
        let mut error = Error::system(format!(
            "the {} container ended before it ran the job, with exit status {}",
            self.role, found.exit_code
        ));
        if !found.error.is_empty() {
            error = error.caused_by(Cause::line(&found.error));
        }
        if found.oom_killed {
            error = error.caused_by(Cause::line("the kernel killed it: out of memory"));
        }
        self.with_words(engine, error)
            .hint("the image's entrypoint does not run the command it is given; it has to end in `exec \"$@\"`")
            .hint("override it in the job: `image: {name: …, entrypoint: [\"\"]}`")
    }

    fn with_printed(&self, error: Error) -> Error {
        match self.engine() {
            Ok(engine) => self.with_words(&engine, error),
            Err(_) => error,
        }
    }

    /// What the entrypoint said usually explains it.
    fn with_words(&self, engine: &Engine, error: Error) -> Error {
        let printed = engine
            .block_on(engine.printed(&self.name(), 4 * 1024))
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&printed).replace(LIVES_MARK, "");
        if text.trim().is_empty() {
            error
        } else {
            error.caused_by(Cause::line(format!("it printed: {}", text.trim())))
        }
    }
}

/// A start that failed, with the remedy where it is known.
pub(super) fn could_not_start(failure: Failure, name: &str) -> Error {
    // Engines answer a wrong user with 400 or 500, by their version.
    let answered = failure.reason != Reason::Unreachable;
    let error = failure.into_error();
    if answered {
        error.hint(format!("the container is called `{name}`; a wrong entrypoint or user of the image is the usual cause"))
    } else {
        error
    }
}
