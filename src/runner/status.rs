//! How this host stands as a runner: its process, what it is registered as, its jobs, its units.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::install::{Standing, standing};
use super::job::RunningJob;
use super::process::running_by;
use super::registered::{Contents, Registered};
use super::systemd::{self, Unit};
use crate::error::{Cause, Class, End, Error, Result};
use crate::output::columns;

/// What gitlab-runner does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Runs(Vec<i32>),
    /// No more jobs are taken.
    Drains(Vec<i32>),
    /// By somebody, through systemd.
    Stopped,
    /// By nobody's will, as far as is known here.
    Down(String),
}

/// Whether GitLab knows a runner's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Yes,
    No,
    /// It could not be asked; the reason.
    Unasked(String),
}

/// Whether the helper image is on the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Helper {
    There,
    Missing,
    Unasked(String),
}

pub(crate) struct Status {
    state: State,
    file: PathBuf,
    concurrent: Option<i64>,
    runners: Vec<(Registered, Known)>,
    jobs: Vec<RunningJob>,
    units: Vec<(PathBuf, Standing)>,
    helper: (String, Helper),
}

/// What others were asked.
pub(crate) struct Looked {
    pub(crate) file: PathBuf,
    pub(crate) contents: Contents,
    /// Of each of its runners.
    pub(crate) known: Vec<Known>,
    pub(crate) jobs: Vec<RunningJob>,
    pub(crate) helper: (String, Helper),
}

/// # Errors
/// Of the files that are read, and of systemd.
pub(crate) fn status(looked: Looked) -> Result<Status> {
    let running = running_by(&looked.file);
    let pids: Vec<i32> = running.iter().map(|running| running.pid).collect();
    Ok(Status {
        state: state(systemd::unit()?, pids),
        concurrent: looked.contents.concurrent,
        runners: looked
            .contents
            .runners
            .into_iter()
            .zip(looked.known)
            .collect(),
        file: looked.file,
        jobs: looked.jobs,
        units: standing(Path::new("/"))?,
        helper: looked.helper,
    })
}

fn state(unit: Option<Unit>, pids: Vec<i32>) -> State {
    match unit {
        Some(unit) if unit.is_draining() && !pids.is_empty() => State::Drains(pids),
        _ if !pids.is_empty() => State::Runs(pids),
        Some(unit) if unit.state == "inactive" => State::Stopped,
        Some(unit) => State::Down(format!("its unit is {}", unit.state)),
        None => State::Down("no process of it runs by this file".to_owned()),
    }
}

impl Status {
    /// # Errors
    /// `Ended(NotRunning)` where it was stopped or drains; `Precondition` where it takes no jobs though it should.
    pub(crate) fn verdict(&self) -> Result<()> {
        let custom = |(runner, known): &&(Registered, Known)| {
            runner.executor == "custom" && *known != Known::No
        };
        let no = |why: String| {
            let error = Error::precondition("this host takes no jobs").caused_by(Cause::line(why));
            Err(error)
        };
        match &self.state {
            State::Drains(_) => {
                return Err(Error::new(
                    Class::Ended(End::NotRunning),
                    "this host takes no more jobs: it drains",
                ));
            }
            State::Stopped => {
                return Err(Error::new(
                    Class::Ended(End::NotRunning),
                    "this host takes no jobs: gitlab-runner was stopped",
                )
                .hint("systemctl start gitlab-runner"));
            }
            State::Down(why) => return no(format!("gitlab-runner does not run: {why}")),
            State::Runs(_) => {}
        }
        if self.runners.iter().find(custom).is_none() {
            return no(format!(
                "no runner of `{}` has this executor and a token that GitLab knows: baws-ci runner register",
                self.file.display()
            ));
        }
        match &self.helper {
            (name, Helper::Missing) => no(format!(
                "the helper image `{name}` is not on the engine: baws-ci runner install --helper-image"
            )),
            (_, Helper::Unasked(why)) => no(why.clone()),
            (_, Helper::There) => Ok(()),
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut rows = vec![["gitlab-runner".to_owned(), self.process()]];
        for (runner, known) in &self.runners {
            let known = match known {
                Known::Yes => "GitLab knows it".to_owned(),
                Known::No => "GitLab does not know its token".to_owned(),
                Known::Unasked(why) => format!("GitLab could not be asked: {why}"),
            };
            let id = runner.id.map_or_else(String::new, |id| format!(" {id}"));
            let (name, url, executor) = (&runner.name, &runner.url, &runner.executor);
            let line = format!("`{name}`{id} of {url}, executor {executor}: {known}");
            rows.push(["runner".to_owned(), line.replace(char::is_control, " ")]);
        }
        if self.runners.is_empty() {
            rows.push([
                "runner".to_owned(),
                format!("none in `{}`", self.file.display()),
            ]);
        }
        let (name, helper) = &self.helper;
        rows.push([
            "helper image".to_owned(),
            match helper {
                Helper::There => format!("`{name}`, on the engine"),
                Helper::Missing => format!("`{name}`: it is not on the engine"),
                Helper::Unasked(why) => format!("`{name}`: {why}"),
            },
        ]);
        rows.push(["units".to_owned(), self.units()]);
        rows.push(["jobs".to_owned(), self.jobs.len().to_string()]);
        let jobs: Vec<[String; 4]> = self.jobs.iter().map(RunningJob::cells).collect();
        format!("{}{}", columns(&rows), columns(&jobs))
    }

    fn process(&self) -> String {
        let numbers = |pids: &[i32]| {
            let pids: Vec<String> = pids.iter().map(|pid| format!("process {pid}")).collect();
            pids.join(", ")
        };
        let jobs = self.concurrent.unwrap_or(1);
        match &self.state {
            State::Runs(pids) => format!("runs ({}), at most {jobs} jobs at a time", numbers(pids)),
            State::Drains(pids) => format!("drains ({})", numbers(pids)),
            State::Stopped => "stopped".to_owned(),
            State::Down(why) => format!("down: {why}"),
        }
    }

    fn units(&self) -> String {
        let all = self.units.len();
        let count = |is: Standing| self.units.iter().filter(|(_, found)| *found == is).count();
        match (count(Standing::Missing), count(Standing::Changed)) {
            (0, 0) => "as `runner install` writes them".to_owned(),
            (0, theirs) => format!("{theirs} of {all} changed by somebody"),
            (missing, _) => format!("{missing} of {all} missing: baws-ci runner install"),
        }
    }

    /// Schema `baws-ci/runner-status/1`.
    pub(crate) fn as_json(&self) -> Value {
        let (state, pids) = match &self.state {
            State::Runs(pids) => ("running", pids.as_slice()),
            State::Drains(pids) => ("draining", pids.as_slice()),
            State::Stopped => ("stopped", &[][..]),
            State::Down(_) => ("down", &[][..]),
        };
        let runners = self.runners.iter().map(|(runner, known)| {
            let known = match known {
                Known::Yes => Some(true),
                Known::No => Some(false),
                Known::Unasked(_) => None,
            };
            json!({"id": runner.id, "name": runner.name, "gitlab": runner.url, "executor": runner.executor, "known": known})
        });
        let units = self.units.iter().map(|(path, standing)| {
            let state = match standing {
                Standing::Installed => "installed",
                Standing::Missing => "missing",
                Standing::Changed => "changed",
            };
            json!({"path": path, "state": state})
        });
        json!({
            "schema": "baws-ci/runner-status/1",
            "ready": self.verdict().is_ok(),
            "state": state,
            "processes": pids,
            "concurrent": self.concurrent,
            "runners": runners.collect::<Vec<_>>(),
            "jobs": self.jobs.iter().map(RunningJob::as_json).collect::<Vec<_>>(),
            "units": units.collect::<Vec<_>>(),
            "helper_image": {"name": self.helper.0, "there": self.helper.1 == Helper::There},
        })
    }
}
