//! This host as a runner of GitLab: made there, written into gitlab-runner's `config.toml`, remembered in the platform's secret;
//! what systemd has to know of it; how it stands, and how it is taken out of work.
//!
//! Refuses to touch other runners of the file, and to stop a runner in a way that ends its jobs. Read next: `register`,
//! `config_file`, `secret`; `install`; `status`; `drain`, `process`, `systemd`.

mod change;
mod config_file;
mod drain;
mod helper;
mod install;
mod job;
mod lifecycle;
mod process;
mod register;
mod registered;
mod report;
mod secret;
mod status;
mod systemd;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

pub(crate) use change::{Change, Did, Mode, changes_as_json};
pub(crate) use drain::{Around, AtTheEnd, Drain, drain};
pub(crate) use helper::{first_settings, pin};
pub(crate) use install::{Installation, When, commands, install, is_for_this_host, uninstall};
pub(crate) use job::RunningJob;
pub(crate) use lifecycle::{Completed, Hook, until_leaving};
pub(crate) use register::{Place, Replace, Wanted, register};
pub(crate) use registered::{Contents, registered};
pub(crate) use report::difference;
pub(crate) use secret::{Kept, keys};
pub(crate) use status::{Helper, Known, Looked, status};
pub(crate) use systemd::called;

/// Puts a file into place at once: whoever reads it meanwhile has the old one or the new one. `rights`: from the first byte on.
fn replace(path: &Path, text: &str, rights: u32) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(".baws-new");
    // What an ended run left, with whatever rights.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(rights)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// This program, as another process finds it.
///
/// # Errors
/// `System` where the kernel does not tell.
pub(crate) fn this_program() -> Result<PathBuf> {
    std::env::current_exe()
        .map_err(|error| Error::system("cannot find this program's own file").caused_by(error))
}

/// Of this host, for people.
pub(crate) fn usual_name() -> String {
    format!("baws-ci on {}", host_name())
}

/// `path` as gitlab-runner finds it from wherever it stands.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path)
        .map_err(|error| Error::usage(format!("`{}` is no path", path.display())).caused_by(error))
}

fn host_name() -> String {
    told_by("/proc/sys/kernel/hostname")
}

fn told_by(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.trim().to_owned()
}
