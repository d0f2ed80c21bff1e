//! `deploy`, `restart`, `start`, `stop`, `rollback`, `status`, `run-task`: over the job socket in a job, with the caller's
//! own credentials outside one, with the same output.
//!
//! Read next: `arguments` (from flags to a request), `repository` (which service, where nobody says), `crew` (the work, on
//! the host's side of the socket or here), `answer` (what is printed and written).

mod answer;
mod arguments;
mod crew;
mod repository;

use std::path::Path;

use serde_json::{Value, json};

use super::envelope::Room;
use crate::agent::DIRECTORY;
use crate::broker::{self, Reached};
use crate::cli::{
    DeployArgs, RestartArgs, RollbackArgs, RunTaskArgs, StartArgs, StatusArgs, StopArgs,
};
use crate::deploy::{Done, Event, Found, Request, Verb};
use crate::env::Var;
use crate::error::{Error, Result};
use crate::output::Output;

use answer::Answer;
use arguments::Order;

pub(super) use crew::{Crew, Worker};

pub(super) fn deploy(arguments: &DeployArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    carry_out(arguments::deploy(arguments)?, config, output)
}

pub(super) fn restart(
    arguments: &RestartArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    carry_out(arguments::restart(arguments)?, config, output)
}

pub(super) fn start(arguments: &StartArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    carry_out(arguments::start(arguments)?, config, output)
}

pub(super) fn stop(arguments: &StopArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    carry_out(arguments::stop(arguments)?, config, output)
}

pub(super) fn rollback(
    arguments: &RollbackArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    carry_out(arguments::rollback(arguments)?, config, output)
}

pub(super) fn status(arguments: &StatusArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    carry_out(arguments::status(arguments), config, output)
}

pub(super) fn run_task(
    arguments: &RunTaskArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    carry_out(arguments::run_task(arguments)?, config, output)
}

/// Finds the services, asks the host in a job or does the work here, and tells what came of it.
fn carry_out(order: Order<'_>, config: Option<&Path>, output: &Output) -> Result<()> {
    let found = repository::targets(order.target)?;
    if found.len() > 1 && matches!(order.verb, Verb::RunTask(_)) {
        return Err(Error::usage(
            "a one-off task is run beside one service, and several are named",
        )
        .hint("call `run-task` once for each"));
    }
    let answer = Answer::open(&order, &found, *output)?;
    let request = Request {
        targets: found.iter().map(|one| one.target.clone()).collect(),
        verb: order.verb.clone(),
    };
    let tell = |event: Event| answer.tell(&event);
    let done = match broker::reach(Path::new(DIRECTORY))? {
        Reached::Host(call) => {
            let value = call.make(over_the_socket(&request)?, None, &mut |event| {
                if let Ok(event) = serde_json::from_slice(event) {
                    tell(event);
                }
            })?;
            read(value)?
        }
        Reached::NoJob => crew::here(&request, config, &tell)?,
    };
    answer.close(with_urls(done, &found))
}

/// The request as it travels: what it is for stands beside it.
fn over_the_socket(request: &Request) -> Result<Value> {
    let mut value = serde_json::to_value(request).map_err(super::image::unwritable)?;
    value["room"] = json!(Room::Services);
    Ok(value)
}

fn read(value: Value) -> Result<Vec<Done>> {
    serde_json::from_value(value)
        .map_err(|error| Error::system("the host's answer cannot be read").caused_by(error))
}

/// Adds where people reach the services, which only this side knows: the host opens no file of a job.
fn with_urls(done: Vec<Done>, found: &[Found]) -> Vec<Done> {
    let of_environment = match found {
        [_] => Var::CiEnvironmentUrl.text(),
        _ => None,
    };
    let urls = found
        .iter()
        .map(|one| one.url.clone().or_else(|| of_environment.clone()));
    done.into_iter()
        .zip(urls)
        .map(|(done, url)| match done {
            Done::Deployed(mut deployed) => {
                deployed.url = deployed.url.or(url);
                Done::Deployed(deployed)
            }
            Done::Status(mut status) => {
                status.url = status.url.or(url);
                Done::Status(status)
            }
        })
        .collect()
}
