//! `--shell`: into the build container of a job that failed, before it is removed.

use super::driver::Driver;
use crate::job::{Identity, Role};
use crate::output::Output;

/// Opens a shell where the script ran, and comes back when it ends. A container that is gone is told, and nothing more.
pub(super) fn open(driver: &Driver<'_>, identity: &Identity, project_dir: &str, output: &Output) {
    let container = identity.container(Role::Build);
    output.status(format!("A shell in the container of the failed job; `exit` goes on. Its directory is `{project_dir}`"));
    if let Err(error) = driver.engine().and_then(|engine| engine.shell(&container, project_dir)) {
        output.error(&error);
    }
}
