//! One job from a payload as GitLab's coordinator sends it, for whoever speaks with a coordinator in place of gitlab-runner.
//!
//! Refuses `run:` steps: they need gitlab-runner's own step runner.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::driver::{Driver, Incoming, Task};
use super::filter::Markers;
use super::jobs::{expand_images, write_images};
use super::log::JobLog;
use super::outcome::State;
use super::scratch::cannot_write;
use super::script_class;
use super::scripts::Sources;
use super::signals::{Interrupt, Signals};
use super::slots::Slot;
use crate::error::{Cause, Class, Error, Result, Signal};
use crate::job::JobResponse;
use crate::output::Output;
use crate::settings::Settings;

/// Where the parts of the job are, and where those of its end go.
pub(super) struct Files<'a> {
    pub(super) payload: &'a Path,
    /// `<job id>.tar` for each dependency.
    pub(super) artifacts_in: Option<&'a Path>,
    /// Takes `<index>.tar` for each of `artifacts[]`.
    pub(super) artifacts_out: Option<&'a Path>,
    /// Takes `baws-ci/job-result/1`.
    pub(super) result: Option<&'a Path>,
}

/// Runs the job; its log is stdout.
///
/// # Errors
/// A failed or cancelled job is an error without words: its log has said why.
pub(super) fn run(files: &Files<'_>, settings: &Settings, config: Option<&Path>) -> Result<()> {
    // SIGINT asks for what a forced cancel in GitLab asks for.
    let signals = Signals::listen(Interrupt::Hard)?;
    let (response, payload) = read(files.payload)?;
    let slot = Slot::take(response.job_info.project_id)?;
    let task = Task {
        incoming: incoming(&response, files)?,
        response,
        payload,
        slot: slot.number,
        sources: Sources::Repository,
        work_tree: None,
        outgoing: files.artifacts_out.map(absolute),
    };
    let driver = Driver::new(settings, config, &signals)?;
    let mut log = JobLog::new(Output::for_job_log(), Markers::Keep);
    let outcome = driver.run(&task, &mut log, &mut |_, _| {});
    if let Some(path) = files.result {
        std::fs::write(path, format!("{}\n", outcome.json()))
            .map_err(|error| cannot_write(path, error))?;
    }
    match &outcome.state {
        State::Success => Ok(()),
        State::Canceled => Err(Error::new(
            Class::Cancelled(signals.first().unwrap_or(Signal::Terminate)),
            "",
        )),
        State::Failed(failure) => Err(Error::new(script_class(failure), "")),
    }
}

fn read(path: &Path) -> Result<(JobResponse, Value)> {
    let text = std::fs::read(path).map_err(|error| {
        Error::usage(format!("cannot read the payload `{}`", path.display())).caused_by(error)
    })?;
    let wrong = |error: serde_json::Error| {
        Error::usage(format!("`{}` is no job payload of GitLab", path.display())).caused_by(error)
    };
    let mut payload: Value = serde_json::from_slice(&text).map_err(wrong)?;
    if payload
        .get("run")
        .is_some_and(|run| !run.is_null() && run != "" && *run != Value::Array(Vec::new()))
    {
        return Err(
            Error::usage("`run:` steps are not supported yet").caused_by(Cause::line(format!(
                "the payload `{}` has some",
                path.display()
            ))),
        );
    }
    users_as_text(&mut payload);
    let mut response: JobResponse = serde_json::from_value(payload.clone()).map_err(wrong)?;
    expand_images(&mut response);
    write_images(&mut payload, &response);
    Ok((response, payload))
}

/// GitLab may send a number as the user of an image; gitlab-runner hands it on as a string.
fn users_as_text(payload: &mut Value) {
    let services = payload
        .get("services")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let images =
        std::iter::once("/image".to_owned()).chain((0..services).map(|n| format!("/services/{n}")));
    for image in images {
        if let Some(user) = payload
            .pointer_mut(&format!("{image}/executor_opts/docker/user"))
            .filter(|user| user.is_number())
        {
            *user = Value::from(user.to_string());
        }
    }
}

/// The archives of the jobs this one depends on; those that left none are left out.
fn incoming(response: &JobResponse, files: &Files<'_>) -> Result<Vec<Incoming>> {
    let wanted = response
        .dependencies
        .iter()
        .filter(|dependency| !dependency.artifacts_file.filename.is_empty());
    let found = wanted.map(|dependency| {
        let directory = files.artifacts_in.ok_or_else(|| {
            Error::usage(format!(
                "the job needs the artifacts of `{}`",
                dependency.name
            ))
            .hint("name their directory with `--artifacts-in`")
        })?;
        let archive = directory.join(format!("{}.tar", dependency.id));
        Ok(Incoming {
            id: dependency.id,
            name: dependency.name.clone(),
            archive,
        })
    });
    found.collect()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
