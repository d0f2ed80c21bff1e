//! One job's turn in a pipeline: what it inherits from the jobs before it, how it ends, what it leaves to those after it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::decide::{self, Fate};
use super::driver::{Driver, Incoming};
use super::filter::Markers;
use super::jobs::Setting;
use super::log::JobLog;
use super::outcome::{Failure, State};
use super::scratch::{Scratch, cannot_write};
use super::{OnFailure, dotenv};
use crate::error::{Error, Result};
use crate::job::{Identity, Role};
use crate::output::Output;
use crate::pipeline::Job;

/// What a job that ran left behind.
pub(super) struct Done {
    id: u64,
    artifacts: PathBuf,
    variables: Vec<(String, String)>,
    /// Unless it was allowed.
    pub(super) failure: Option<Failure>,
}

pub(super) struct Turns<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) driver: &'a Driver<'a>,
    pub(super) output: Output,
    pub(super) scratch: &'a Scratch,
    pub(super) on_failure: OnFailure,
    pub(super) done: BTreeMap<String, Done>,
}

impl Turns<'_> {
    /// Runs `job` as the job `id`.
    pub(super) fn one(&mut self, job: &Job, id: u64) -> Result<(Fate, Duration)> {
        let image = job
            .image
            .as_ref()
            .map_or("the default image", |image| image.name.as_str());
        let head = format!("Job {} (stage {}, {image})", job.name, job.stage);
        self.output
            .data(format!("\n{}\n", self.output.colour().paint("1", &head)));
        let directory = self.scratch.path().join(id.to_string());
        std::fs::create_dir(&directory).map_err(|error| cannot_write(&directory, error))?;
        let (incoming, inherited) = self.inheritance(job);
        let task = self
            .setting
            .task(job, id, &inherited, incoming, directory.clone())?;
        for keyword in &job.beyond {
            self.output.warning(format!(
                "`{}` has `{keyword}`, which only GitLab can give: here it goes without",
                job.name
            ));
        }
        let mut log = JobLog::new(self.output, Markers::Strip);
        let mut left = job.retry.most;
        let mut outcome = loop {
            let outcome =
                self.driver.run(
                    &task,
                    &mut log,
                    &mut |identity, project_dir| match self.on_failure {
                        OnFailure::Remove => {}
                        OnFailure::Shell => {
                            open_shell(self.driver, identity, project_dir, &self.output)
                        }
                    },
                );
            match &outcome.state {
                State::Failed(failure) if left > 0 && decide::is_repeated(job, failure) => {
                    left -= 1
                }
                State::Failed(_) | State::Success | State::Canceled => break outcome,
            }
            self.output.status(format!(
                "Trying `{}` again: `retry` allows {} more",
                job.name,
                left + 1
            ));
            clear(&directory)?;
        };
        let variables = reported(job, &directory).unwrap_or_else(|error| {
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
        self.done.insert(
            job.name.clone(),
            Done {
                id,
                artifacts: directory,
                variables,
                failure,
            },
        );
        Ok((fate, outcome.took))
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
