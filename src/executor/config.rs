//! `executor config`: what the runner has to know before anything else. Touches nothing.

use serde::Serialize;

use super::codes::check_runner_version;
use crate::env;
use crate::error::{Error, Result};
use crate::settings::Settings;

/// Exactly one JSON document, as the runner reads it. Source: gitlab-runner `executors/custom/api/config.go`.
#[derive(Serialize)]
struct Answer<'a> {
    driver: Driver,
    builds_dir: &'a str,
    cache_dir: &'a str,
    builds_dir_is_shared: bool,
    shell: &'static str,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
}

pub(crate) fn config(settings: &Settings) -> Result<String> {
    check_runner_version(env::job_variable("CI_RUNNER_VERSION").as_deref())?;
    let answer = Answer {
        driver: Driver {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        builds_dir: &settings.executor.builds_dir,
        cache_dir: &settings.executor.cache_dir,
        // Every slot has a volume of its own at the same path.
        builds_dir_is_shared: false,
        // The dialect of the scripts; sh understands it too. Another in the runner's configuration would not run here.
        shell: "bash",
    };
    serde_json::to_string(&answer)
        .map_err(|error| Error::system("cannot write the answer to the runner").caused_by(error))
}
