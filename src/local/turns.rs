//! One job's turn in a pipeline: what it inherits from the jobs before it, how it ends, what it leaves to those after it.
//!
//! A turn has three parts: it is begun and ended where the pipeline is led from, one at a time; between that the job may run
//! beside others (`Turn::run`).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::decide::{self, Fate};
use super::driver::{Driver, Incoming, Task};
use super::jobs::Setting;
use super::log::JobLog;
use super::outcome::{Failure, Outcome, State};
use super::scratch::{Scratch, cannot_write};
use super::slots::Slot;
use super::verdict::Row;
use super::{OnFailure, dotenv};
use crate::error::{Error, Result};
use crate::job::{Identity, JobResponse, Role, Variable};
use crate::output::Output;
use crate::pipeline::{Job, expand};

/// What a job that ran left behind.
pub(super) struct Done {
    id: u64,
    artifacts: PathBuf,
    variables: Vec<(String, String)>,
}

pub(super) struct Turns<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) output: Output,
    pub(super) scratch: &'a Scratch,
    pub(super) done: BTreeMap<String, Done>,
}

/// A job that is ready to run, with a slot of its own.
pub(super) struct Turn<'a> {
    pub(super) job: &'a Job,
    task: Task,
    directory: PathBuf,
    output: Output,
    _slot: Slot,
}

impl<'a> Turns<'a> {
    /// Makes `job` ready to run as the job `id`.
    pub(super) fn begin(&self, job: &'a Job, id: u64) -> Result<Turn<'a>> {
        let directory = self.scratch.path().join(id.to_string());
        std::fs::create_dir(&directory).map_err(|error| cannot_write(&directory, error))?;
        let (incoming, inherited) = self.inheritance(job);
        let slot = Slot::take(self.setting.project.id)?;
        let task = self.setting.task(
            job,
            id,
            slot.number,
            &inherited,
            incoming,
            directory.clone(),
        )?;
        Ok(Turn {
            job,
            task,
            directory,
            output: self.output,
            _slot: slot,
        })
    }

    /// The variables that a pipeline which `job` starts gets from it.
    pub(super) fn passed_on(&self, job: &Job, forwards: bool) -> Vec<Variable> {
        let (_, inherited) = self.inheritance(job);
        self.setting.passed_on(job, forwards, &inherited)
    }

    /// What a job of this pipeline left, as tar files.
    pub(super) fn archives(&self, name: &str) -> Vec<PathBuf> {
        let Some(done) = self.done.get(name) else {
            return Vec::new();
        };
        let Some(job) = self.setting.pipeline.job(name) else {
            return Vec::new();
        };
        (0..job.artifacts.len())
            .map(|index| done.artifacts.join(format!("{index}.tar")))
            .filter(|path| path.exists())
            .collect()
    }

    /// Takes note of how a turn ended.
    pub(super) fn end(&mut self, turn: Turn<'_>, mut outcome: Outcome) -> Row {
        let job = turn.job;
        let variables = reported(job, &turn.directory).unwrap_or_else(|error| {
            self.output.error(&error);
            if outcome.state == State::Success {
                outcome.state = State::Failed(Failure::Script(None));
            }
            Vec::new()
        });
        let (fate, failure) = match &outcome.state {
            State::Success => (Fate::Passed, None),
            State::Canceled => (Fate::Canceled, None),
            State::Failed(failure) => {
                let why = brief(failure);
                let allowed = decide::is_allowed(job, outcome.state.exit_code());
                (
                    if allowed {
                        Fate::Allowed(why)
                    } else {
                        Fate::Failed(why)
                    },
                    Some(failure.clone()).filter(|_| !allowed),
                )
            }
        };
        let place = matches!(fate, Fate::Passed)
            .then(|| deployed_to(job, &turn.task.response, &variables))
            .flatten();
        self.done.insert(
            job.name.clone(),
            Done {
                id: turn.task.response.id,
                artifacts: turn.directory,
                variables,
            },
        );
        Row {
            name: job.name.clone(),
            fate,
            took: outcome.took,
            place,
            failure,
        }
    }

    /// Archives and dotenv variables of the jobs that `job` depends on.
    fn inheritance(&self, job: &Job) -> (Vec<Incoming>, Vec<(String, String)>) {
        let (mut incoming, mut variables) = (Vec::new(), Vec::new());
        for before in self.setting.pipeline.artifacts_for(job) {
            let Some(done) = self.done.get(&before.name) else {
                continue;
            };
            variables.extend(done.variables.iter().cloned());
            let archives = before
                .artifacts
                .iter()
                .enumerate()
                .filter(|(_, spec)| spec.artifact_type == "archive");
            for archive in archives
                .map(|(index, _)| done.artifacts.join(format!("{index}.tar")))
                .filter(|path| path.exists())
            {
                incoming.push(Incoming {
                    id: done.id,
                    name: before.name.clone(),
                    archive,
                });
            }
        }
        (incoming, variables)
    }
}

impl Turn<'_> {
    /// Runs the job, again where `retry` says so.
    pub(super) fn run(
        &self,
        driver: &Driver<'_>,
        log: &mut JobLog,
        on_failure: OnFailure,
    ) -> Outcome {
        let mut left = self.job.retry.most;
        loop {
            let outcome = driver.run(
                &self.task,
                log,
                &mut |identity, project_dir| match on_failure {
                    OnFailure::Remove => {}
                    OnFailure::Shell => open_shell(driver, identity, project_dir, &self.output),
                },
            );
            match &outcome.state {
                State::Failed(failure) if left > 0 && decide::is_repeated(self.job, failure) => {}
                State::Failed(_) | State::Success | State::Canceled => return outcome,
            }
            log.say(&format!("Trying again: `retry` allows {left} more"));
            left -= 1;
            if let Err(error) = clear(&self.directory) {
                log.fail(&error.to_string());
                return outcome;
            }
        }
    }
}

/// The environment that a job has deployed to, and where that is. `reported`: its own dotenv variables may be in the address.
fn deployed_to(job: &Job, response: &JobResponse, reported: &[(String, String)]) -> Option<String> {
    let environment = job.environment.as_ref()?;
    let known = |name: &str| {
        let own = reported.iter().rev().find(|(key, _)| key == name);
        let given = || response.variables.iter().rev().find(|one| one.key == name);
        own.map(|(_, value)| value.clone())
            .or_else(|| given().map(|one| one.value.clone()))
    };
    let name = expand(&environment.name, &known);
    // What nothing was known for is no address.
    let url = environment.url.as_ref().map(|url| expand(url, &known));
    let url = url.filter(|url| !url.contains('$'));
    Some(match (environment.action.as_str(), url) {
        ("start", Some(url)) => format!("{name} ({url})"),
        ("start", None) => name,
        (action, _) => format!("{name} ({action})"),
    })
}

/// Forgets what a failed attempt left.
fn clear(directory: &Path) -> Result<()> {
    std::fs::remove_dir_all(directory)
        .and_then(|()| std::fs::create_dir(directory))
        .map_err(|error| cannot_write(directory, error))
}

/// The variables in a job's dotenv reports.
fn reported(job: &Job, directory: &Path) -> Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for (index, _) in job
        .artifacts
        .iter()
        .enumerate()
        .filter(|(_, spec)| spec.artifact_type == "dotenv")
    {
        let path = directory.join(format!("{index}.tar"));
        let Ok(file) = File::open(&path) else {
            continue;
        };
        let broken = |error| {
            Error::system(format!("cannot read the reports of the job `{}`", job.name))
                .caused_by(error)
        };
        for entry in tar::Archive::new(file).entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            if entry.header().entry_type() != tar::EntryType::Regular {
                continue;
            }
            let name = entry.path().map_err(broken)?.display().to_string();
            let mut text = Vec::new();
            entry
                .by_ref()
                .take(64 * 1024)
                .read_to_end(&mut text)
                .map_err(broken)?;
            variables.extend(dotenv::parse(&text, name.trim_start_matches("./"))?);
        }
    }
    Ok(variables)
}

/// Why a job failed, for the summary.
fn brief(failure: &Failure) -> String {
    match failure {
        Failure::Script(Some(code)) => format!("exit {code}"),
        Failure::Script(None) => "dotenv report".to_owned(),
        Failure::System(_) => "system".to_owned(),
        Failure::JobTimeout | Failure::ScriptTimeout => "timeout".to_owned(),
        Failure::Canceled => "cancelled".to_owned(),
    }
}

/// Opens a shell where the script ran, and comes back when it ends. A container that is gone is told, and nothing more.
fn open_shell(driver: &Driver<'_>, identity: &Identity, project_dir: &str, output: &Output) {
    let container = identity.container(Role::Build);
    output.status(format!("A shell in the container of the failed job; `exit` goes on. Its directory is `{project_dir}`"));
    if let Err(error) = driver
        .engine()
        .and_then(|engine| engine.shell(&container, project_dir))
    {
        output.error(&error);
    }
}
