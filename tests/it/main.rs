//! Integration tests: the built program, driven as gitlab-runner drives it, against a real Docker engine.
//!
//! They run inside the bench's namespaces (`scripts/test`, or `tests/bench/bench up` and then
//! `tests/bench/bench exec cargo test --test it`). Outside they fail and say so; nothing is skipped.
//! Read first: `support` (the stand-in for the runner), then any theme.

mod support;

mod agent;
mod attacks;
mod audit;
mod auth;
mod bootstrap;
mod build;
mod calls;
mod cancel;
mod channel;
mod cleanup;
mod containers;
mod daemon;
mod deploy;
mod disk;
mod doctor;
mod entrypoints;
mod fault_cases;
mod faults;
mod fleet;
mod guard;
mod host_cache;
mod hostile;
mod house;
mod images;
mod kills;
mod lint;
mod local;
mod memory;
mod options;
mod output;
mod parity;
mod pipelines;
mod programs;
mod provision;
mod runner;
mod runner_gone;
mod services;
mod settings;
mod stages;
mod status;
mod sweep;
mod telemetry;
mod templates;
mod texts;
mod unguarded;
mod users;
mod volumes;
