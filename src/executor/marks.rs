//! Empty files in a job's directory: what has happened so far, where a later stage only wants to know whether.

use std::path::Path;

use crate::error::{Error, Result};
use crate::job::Role;

/// Marks, in the job's directory, that the agent of a container has answered once.
pub(super) fn met(role: Role) -> String {
    format!("{role}.met")
}

/// Marks that the runner has removed the job's secrets from the volumes itself.
pub(super) const WIPED: &str = "wiped";

/// Marks that the build container cannot run any stage, and that the log says why.
pub(super) const HOPELESS: &str = "build.hopeless";

/// Marks that the runner has called `cleanup`: whatever it could not remove belongs to a dead job.
pub(super) const ENDED: &str = "ended";

pub(super) fn mark(job_dir: &Path, name: &str) -> Result<()> {
    std::fs::write(job_dir.join(name), "")
        .map_err(|error| Error::system("cannot write to the job's directory").caused_by(error))
}
