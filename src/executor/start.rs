//! `executor start`: starts the build container while the runner already fetches the sources.
//!
//! Called by `prepare` only, as a process of its own that `prepare` does not wait for: a container takes as long to start
//! as a small repository to clone. Refuses to be needed: whatever becomes of it, the first user stage starts a container
//! that does not run, and says why where it cannot.

use std::path::Path;
use std::process::{Command, Stdio};

use super::notes::Notes;
use super::place::Place;
use crate::docker::{Engine, Reason};
use crate::error::Result;
use crate::job::{Identity, Role};
use crate::settings::Settings;

/// The verb's name on the command line.
pub(super) const VERB: &str = "start";

/// Begins `executor start` for this job. It holds none of the runner's pipes and is in no process group of the runner's.
pub(super) fn begin(config: Option<&Path>) {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("/proc/self/exe");
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    command
        .args(["executor", VERB])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    if command.spawn().is_err() {
        // The first user stage starts the container.
    }
}

pub(crate) fn start(settings: &Settings) -> Result<()> {
    let settings = super::in_force(settings);
    let identity = Identity::from_environment()?;
    let notes = Notes::read(&Place::of(&settings.executor)?.job_dir(&identity));
    let engine = Engine::connect(
        &settings.docker,
        notes.and_then(|notes| notes.api.parse().ok()),
    )?;
    match engine.block_on(engine.start(&identity.container(Role::Build))) {
        // Cleaned up in the meantime.
        Err(failure) if failure.reason == Reason::NotFound => Ok(()),
        other => Ok(other?),
    }
}
