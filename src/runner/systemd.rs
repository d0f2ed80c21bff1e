//! gitlab-runner's unit, as systemd keeps it.
//!
//! Source: systemctl(1); org.freedesktop.systemd1(5) for the properties.

use std::path::Path;
use std::process::Command;

use crate::error::{Cause, Error, Result};

pub(crate) const UNIT: &str = "gitlab-runner.service";
/// Source: signal(7).
const SIGQUIT: &str = "3";

/// What systemd says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    /// `active`, `deactivating`, `inactive`, `failed` …
    pub(crate) state: String,
    /// 0: none runs.
    pub(crate) main_pid: i32,
    /// How stopping is told to it.
    pub(crate) kill_signal: String,
    pub(crate) kill_mode: String,
}

/// Whether systemd runs this host.
pub(crate) fn runs_this_host() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// `None`: systemd does not run this host, or knows no such unit.
pub(super) fn unit() -> Result<Option<Unit>> {
    if !runs_this_host() {
        return Ok(None);
    }
    let text = called(&[
        "systemctl",
        "show",
        UNIT,
        "--property=LoadState,ActiveState,MainPID,KillSignal,KillMode",
    ])?;
    Ok(read(&text))
}

/// Begins to stop it, and does not wait.
pub(super) fn stop() -> Result<()> {
    called(&["systemctl", "stop", "--no-block", UNIT]).map(drop)
}

/// What a command said on stdout.
pub(crate) fn called(words: &[&str]) -> Result<String> {
    let failed = |why: &str| {
        Error::system(format!("`{}` failed", words.join(" "))).caused_by(Cause::line(why))
    };
    let done = Command::new(words[0]).args(&words[1..]).output();
    let done = done.map_err(|error| failed(&error.to_string()))?;
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => Err(failed(String::from_utf8_lossy(&done.stderr).trim())),
    }
}

fn read(text: &str) -> Option<Unit> {
    let value = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found.map_or("", |(_, value)| value).to_owned()
    };
    (value("LoadState") == "loaded").then(|| Unit {
        state: value("ActiveState"),
        main_pid: value("MainPID").parse().unwrap_or(0),
        kill_signal: value("KillSignal"),
        kill_mode: value("KillMode"),
    })
}

impl Unit {
    /// Why stopping it would end its jobs.
    pub(super) fn would_end_jobs(&self) -> Option<String> {
        if self.kill_signal != SIGQUIT {
            return Some(format!(
                "it is stopped by the signal {}, which ends jobs; SIGQUIT (3) lets them end",
                self.kill_signal
            ));
        }
        let mode = self.kill_mode.as_str();
        (!matches!(mode, "mixed" | "process")).then(|| {
            format!("with KillMode={mode} the signal reaches the stages of jobs too, and ends them")
        })
    }

    /// No more jobs are taken, and some may run.
    pub(crate) fn is_draining(&self) -> bool {
        self.state == "deactivating"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_stops_by_ending_jobs_is_told_from_one_that_drains() {
        let text =
            "MainPID=7\nKillMode=mixed\nKillSignal=3\nLoadState=loaded\nActiveState=active\n";
        let unit = read(text).unwrap();
        assert_eq!((unit.main_pid, unit.would_end_jobs()), (7, None));
        let usual = Unit {
            kill_signal: "15".to_owned(),
            ..unit.clone()
        };
        assert!(usual.would_end_jobs().unwrap().contains("signal 15"));
        let group = Unit {
            kill_mode: "control-group".to_owned(),
            ..unit
        };
        assert!(group.would_end_jobs().unwrap().contains("control-group"));
        assert_eq!(read("LoadState=not-found\n"), None);
    }
}
