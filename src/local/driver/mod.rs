//! The driver: takes one job through the four stages of the executor, as gitlab-runner does, where there is none.
//!
//! It starts its own program (`executor config | prepare | run | cleanup`), with the runner's environment, order, retries,
//! signals and timeouts, and carries artifacts and the sources of a work tree. Refuses to know how the stages work: it
//! speaks the runner's contract only, so that what passes here passes there. Read next: `phases` (the order), `attempt`
//! (environment and exit codes), `process` (one call). Source: gitlab-runner `common/build.go`, `executors/custom`.

mod attempt;
mod carry;
mod phases;
mod process;
mod retry;
mod steps;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::log::JobLog;
use super::outcome::{Failure, Outcome, StageTime, State};
use super::scripts::{Context, Sources};
use super::signals::{Signals, Urgency};
use super::variables::{RUNNER, Status, Surroundings, Variables};
use crate::docker::Engine;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::job::{Identity, JobResponse};
use crate::output::Colour;
use crate::settings::Settings;

use attempt::Attempt;
use process::{Limits, Stop, Stream};

/// Beyond the executor's own stop grace, before it is killed.
const GRACE_MARGIN: Duration = Duration::from_secs(20);

/// What to run.
pub(super) struct Task {
    pub(super) response: JobResponse,
    /// The same as JSON, for JOB_RESPONSE_FILE, with nothing left out.
    pub(super) payload: Value,
    /// Which of several jobs of the project at the same time.
    pub(super) slot: u32,
    pub(super) sources: Sources,
    /// A tar file with the sources, when they come from a work tree.
    pub(super) work_tree: Option<PathBuf>,
    /// What earlier jobs left, in order.
    pub(super) incoming: Vec<Incoming>,
    /// Where this job's artifacts go, as `<index>.tar`. `None`: nowhere.
    pub(super) outgoing: Option<PathBuf>,
}

pub(super) struct Incoming {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) archive: PathBuf,
}

/// What is the same for all jobs.
pub(super) struct Driver<'a> {
    program: PathBuf,
    config: Option<PathBuf>,
    settings: &'a Settings,
    engine: std::cell::OnceCell<Engine>,
    pub(super) signals: &'a Signals,
}

impl<'a> Driver<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        config: Option<&Path>,
        signals: &'a Signals,
    ) -> Result<Self> {
        let program = std::env::current_exe().map_err(|error| {
            Error::system("cannot find this program's own file").caused_by(error)
        })?;
        // Stages have another working directory.
        let named = config.map(Path::to_owned).or_else(|| Var::Config.path());
        let config = named.map(|path| std::path::absolute(&path).unwrap_or(path));
        Ok(Driver {
            program,
            config,
            settings,
            engine: std::cell::OnceCell::new(),
            signals,
        })
    }

    /// The engine, connected when first asked for.
    pub(super) fn engine(&self) -> Result<&Engine> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        let engine = Engine::connect(&self.settings.docker, None)?;
        Ok(self.engine.get_or_init(|| engine))
    }

    /// Runs the job to its end, cleanup included. `failed` is called with a failed job's containers still there.
    pub(super) fn run(
        &self,
        task: &Task,
        log: &mut JobLog,
        failed: &mut dyn FnMut(&Identity, &str),
    ) -> Outcome {
        let started = Instant::now();
        let mut run = Run {
            driver: self,
            task,
            log,
            deadline: started + Duration::from_secs(task.response.timeout_secs()),
            stages: Vec::new(),
            status: Status::Running,
            project_dir: String::new(),
            builds_dir: String::new(),
            cache_dir: String::new(),
        };
        let ended = phases::job(&mut run, failed);
        Outcome {
            state: State::of(ended),
            stages: run.stages,
            took: started.elapsed(),
        }
    }
}

/// One job on its way.
struct Run<'a> {
    driver: &'a Driver<'a>,
    task: &'a Task,
    log: &'a mut JobLog,
    deadline: Instant,
    stages: Vec<StageTime>,
    status: Status,
    /// Empty until `config` has answered.
    builds_dir: String,
    project_dir: String,
    cache_dir: String,
}

/// What ends a stage early.
#[derive(Clone, Copy)]
enum Ends {
    /// The first signal, the job's timeout and this one.
    Soft(Option<Instant>),
    /// Only the second signal, the job's timeout and this one.
    Hard(Option<Instant>),
    /// Only this time.
    Only(Instant),
}

/// Where the output of a call goes.
enum Sink<'a> {
    Log,
    /// stdout is kept, stderr is the job log.
    Keep(&'a mut Vec<u8>),
    /// stdout is dropped, stderr is the operator's.
    Operator,
}

impl Run<'_> {
    fn identity(&self) -> Identity {
        Identity::new(self.task.response.id, RUNNER, self.task.slot)
    }

    fn variables(&self) -> Variables {
        let at = Surroundings {
            builds_dir: self.builds_dir.clone(),
            project_dir: self.project_dir.clone(),
            slot: self.task.slot,
            status: self.status,
        };
        Variables::new(&self.task.response, &at)
    }

    /// Makes a script from the job as it stands.
    fn script(&self, make: impl FnOnce(&Context<'_>) -> String) -> String {
        let variables = self.variables();
        make(&Context {
            job: &self.task.response,
            variables: &variables,
            project_dir: &self.project_dir,
            cache_dir: &self.cache_dir,
            colour: self.log.colour(),
        })
    }

    /// Runs a script as the sub-stage `stage`.
    fn sub_stage(
        &mut self,
        attempt: &mut Attempt,
        stage: &str,
        script: &str,
        ends: Ends,
    ) -> Result<(), Failure> {
        let script = attempt.script(script).map_err(system)?;
        let arguments = ["run".into(), script.into_os_string(), stage.into()];
        self.call(attempt, stage, &arguments, ends, Sink::Log)
    }

    /// Calls the executor, and takes note of the time and the exit code.
    fn call(
        &mut self,
        attempt: &Attempt,
        name: &str,
        arguments: &[std::ffi::OsString],
        ends: Ends,
        mut sink: Sink<'_>,
    ) -> Result<(), Failure> {
        let limits = self.limits(ends);
        let (driver, variables) = (self.driver, self.variables());
        let mut command = attempt.command(
            &driver.program,
            driver.config.as_deref(),
            &variables,
            &self.task.response,
        );
        command.args(arguments);
        if self.log.colour() == Colour::Never {
            command.env(Var::NoColor.name(), "1");
        }
        let started = Instant::now();
        let log = &mut *self.log;
        let ended = process::run(&mut command, driver.signals, limits, |stream, part| match (
            &mut sink, stream,
        ) {
            (Sink::Keep(kept), Stream::Out) => kept.extend_from_slice(part),
            (Sink::Log | Sink::Keep(_), Stream::Out | Stream::Err) => log.pass(part),
            (Sink::Operator, Stream::Out) => {}
            (Sink::Operator, Stream::Err) => log.tell_operator(part),
        });
        let exit = ended
            .as_ref()
            .ok()
            .and_then(|ended| ended.status)
            .and_then(|status| status.code());
        self.stages.push(StageTime {
            name: name.to_owned(),
            took: started.elapsed(),
            exit,
        });
        let ended = ended.map_err(|error| {
            system(
                Error::system(format!("cannot start `{}`", driver.program.display()))
                    .caused_by(error),
            )
        })?;
        match ended.stop {
            None => attempt.judge(ended.status),
            Some(Stop::JobTimeout) => Err(Failure::JobTimeout),
            Some(Stop::OwnTimeout) => Err(Failure::ScriptTimeout),
            Some(Stop::Signal) => Err(Failure::Canceled),
        }
    }

    fn limits(&self, ends: Ends) -> Limits {
        let grace =
            Duration::from_secs(self.driver.settings.executor.stop_grace_secs) + GRACE_MARGIN;
        let (job, own, urgency) = match ends {
            Ends::Soft(own) => (Some(self.deadline), own, Some(Urgency::Soft)),
            Ends::Hard(own) => (Some(self.deadline), own, Some(Urgency::Hard)),
            Ends::Only(at) => (None, Some(at), None),
        };
        Limits {
            job,
            own,
            urgency,
            grace,
        }
    }

    /// Nothing but cleanup may follow.
    fn is_over(&self) -> Option<Failure> {
        if Instant::now() >= self.deadline {
            Some(Failure::JobTimeout)
        } else {
            (self.driver.signals.urgency() == Urgency::Hard).then_some(Failure::Canceled)
        }
    }
}

/// A failure of our own, with its causes, as the job log shows it.
fn system(error: Error) -> Failure {
    Failure::System(error.to_string())
}

#[cfg(test)]
mod tests;
