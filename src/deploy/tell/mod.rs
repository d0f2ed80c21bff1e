//! Everything a person or a program reads about a deployment: pure functions from what came of it to text.
//!
//! `teller` speaks while the work goes on; `diagnosis` is the one block after a failure, in which `reason` says in plain
//! words why tasks stopped, and `failure` the error that ends it; `picture` and `report` draw the rollout; `json` and
//! `dotenv` are for programs; `several` is for many services at once, `status_view` for what runs now.
//! Refuses to print, to open files, and to decide how anything ended.

mod diagnosis;
mod dotenv;
mod ends;
mod failure;
mod groups;
mod json;
mod picture;
mod reason;
mod report;
mod several;
mod status_view;
mod teller;
mod words;

#[cfg(test)]
mod diagnosis_tests;
#[cfg(test)]
mod ends_tests;
#[cfg(test)]
mod program_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod status_tests;

pub(crate) use diagnosis::{diagnosis, task_log};
pub(crate) use dotenv::dotenv;
pub(crate) use failure::failure;
pub(crate) use json::{deployments, services};
pub(crate) use picture::picture;
pub(crate) use reason::is_useless_to_retry;
pub(crate) use report::{Format, report};
pub(crate) use several::table;
pub(crate) use status_view::{changes as status_changes, status};
pub(crate) use teller::{Teller, Voice};
pub(crate) use words::outcome;
