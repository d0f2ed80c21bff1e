//! Deployments that tell the truth: a service is updated, watched, and done only when the wanted digest is what runs.
//!
//! Four beats for each service: `preflight` refuses before anything is touched, `start` sends one update and knows
//! afterwards whether it landed, `watch` looks until `judge` (a pure function over what was seen) knows how it ended, and
//! `verify` compares digests on the running tasks. Where the service runs is a [`Place`]: ECS, or this machine's engine.
//! Refuses to know who asks, whether they may, and where credentials come from. Read next: `judge`.

mod ecs;
mod end;
mod event;
mod evidence;
mod expected;
mod going_back;
mod identity;
mod images;
mod judge;
mod local;
mod look;
mod place;
mod preflight;
mod request;
mod result;
mod rollout;
mod run_task;
mod scale;
mod start;
mod status;
mod target;
mod tell;
mod verify;
mod watch;
mod work;

#[cfg(test)]
mod simulated;

pub(crate) use ecs::{EcsPlace, Fleet};
pub(crate) use end::Outcome;
pub(crate) use event::{Event, EventKind, Tell};
pub(crate) use local::Local;
pub(crate) use request::{
    DeployRequest, IfBusy, OnPause, OneOffRequest, Request, RollbackChoice, ServiceRequest,
    Strategy, Superseded, Target, Until, Verb,
};
pub(crate) use result::Deployed;
pub(crate) use status::Status;
pub(crate) use target::{Found, Said, local as local_target, named, of_repository};
pub(crate) use tell::{
    Format, Teller, Voice, deployments, diagnosis, dotenv, failure, outcome, picture, report,
    services, status as status_text, table, task_log,
};
pub(crate) use work::{Done, Pace, SoFar, work};
