//! The keys of the runner's own docker section: each does what it does there, or says why not.

mod limits;
mod overheard;
mod policy;
mod pulls;
mod registries;
mod room;
mod times;
mod volumes;
mod ways;
mod words;

use serde_json::Value;

use crate::support::Job;

/// What the engine was asked for a container of the job.
fn host_config(job: &Job<'_>, role: &str) -> Value {
    let engine = &job.stand.bench.engine;
    engine.inspect(&job.container(role))["HostConfig"].clone()
}
