//! `baws-ci`: GitLab's jobs in containers that get no privilege, no Docker socket and no AWS key.
//!
//! The tour: `dispatch` parses the command line and calls one room; `executor` and `local` lead; `agent` is the process
//! inside a job's containers; `image`, `deploy`, `auth` and `audit` do what a job asks of the host; `template`
//! finds and checks pipeline files, which `pipeline` reads (on `yaml`), and keeps repositories current; `bootstrap` makes
//! one; `provision` orders an application's resources; `runner` makes this host a runner; `doctor` looks whether all is there; `telemetry` is what operators look at; `cache` is what a host keeps for the next job; `docker`, `aws`, `registry`, `gitlab` and `backstage` are the only places that talk to those; below stand plain values.

mod agent;
mod audit;
mod auth;
mod aws;
mod backstage;
mod bootstrap;
mod broker;
mod cache;
mod cli;
mod container_options;
mod deploy;
mod digest;
mod dispatch;
mod docker;
mod doctor;
mod ecr_host;
mod env;
mod error;
mod executor;
mod gitlab;
mod http;
mod image;
mod image_ref;
mod interrupt;
mod job;
mod local;
mod nearest;
mod output;
mod pipeline;
mod policy;
mod provision;
mod registry;
mod rollout;
mod runner;
mod settings;
mod telemetry;
mod template;
mod yaml;

fn main() -> std::process::ExitCode {
    dispatch::dispatch()
}
