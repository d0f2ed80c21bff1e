//! gitlab-runner's own process: found, told to take no more jobs, waited for.
//!
//! Source: gitlab-runner `commands/multi.go` and "Signals": SIGQUIT to the main process drains it, SIGTERM ends its jobs. A process is
//! held by a descriptor (pidfd_open(2)), so that its number never means another one.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::error::{Error, Result};

/// The usual file of a runner that root started. Source: gitlab-runner, "Configuration files".
const USUAL_FILE: &str = "/etc/gitlab-runner/config.toml";

pub(crate) struct Running {
    pub(crate) pid: i32,
    held: OwnedFd,
}

/// All that run by this file.
pub(super) fn running_by(file: &Path) -> Vec<Running> {
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut found: Vec<Running> = numbers
        .filter_map(|pid| {
            let held = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
            // Read when it is held: what is there now is that process, or it is gone.
            let words = words(pid)?;
            let its = runs_by(&words)?;
            let its = link(pid, "cwd").join(its);
            is_same(pid, &its, file).then_some(Running { pid, held })
        })
        .collect();
    found.sort_by_key(|running| running.pid);
    found
}

impl Running {
    /// Nothing is said where it has ended already.
    ///
    /// # Errors
    /// `Denied` where it is somebody else's.
    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        match pidfd_send_signal(&self.held, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(Error::denied(format!(
                "cannot signal gitlab-runner (process {})",
                self.pid
            ))
            .caused_by(std::io::Error::from(error))
            .hint("run this as the user that gitlab-runner runs as")),
        }
    }

    pub(super) fn has_ended(&self) -> Result<bool> {
        let mut polled = [PollFd::new(&self.held, PollFlags::IN)];
        match poll(&mut polled, Some(&Timespec::default())) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(Error::system("cannot look whether gitlab-runner has ended")
                .caused_by(std::io::Error::from(error))),
        }
    }
}

fn words(pid: i32) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = line.split(|byte| *byte == 0);
    Some(
        words
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
    )
}

/// The file that `gitlab-runner run` was started with; `None`: it is something else. An interpreter may stand before a script
/// that is called so.
fn runs_by(words: &[String]) -> Option<PathBuf> {
    let is_its = |word: &String| {
        Path::new(word)
            .file_name()
            .is_some_and(|name| name == "gitlab-runner")
    };
    let at = match (words.first().is_some_and(is_its), words.get(1)) {
        (true, _) => 0,
        (false, Some(script)) if script.starts_with('/') && is_its(script) => 1,
        (false, Some(_) | None) => return None,
    };
    let words = &words[at + 1..];
    words.iter().find(|word| *word == "run")?;
    let given = words.iter().enumerate().find_map(|(at, word)| {
        let name = word.trim_start_matches('-');
        match name.split_once('=') {
            _ if !word.starts_with('-') => None,
            Some(("config" | "c", file)) => Some(file.to_owned()),
            None if matches!(name, "config" | "c") => words.get(at + 1).cloned(),
            Some(_) | None => None,
        }
    });
    Some(given.map_or_else(|| USUAL_FILE.into(), PathBuf::from))
}

fn link(pid: i32, name: &str) -> PathBuf {
    fs::read_link(format!("/proc/{pid}/{name}")).unwrap_or_default()
}

/// Whether `its`, as that process sees it, is `file`: on a host there may be runners in containers, whose files have the same names.
fn is_same(pid: i32, its: &Path, file: &Path) -> bool {
    let its_root = PathBuf::from(format!("/proc/{pid}/root"));
    let within = its.strip_prefix("/").unwrap_or(its);
    let (its_file, own) = (of(&its_root.join(within)), of(file));
    match (its_file, own) {
        (Some(its), Some(own)) => its == own,
        (None, None) => its == file && of(&its_root) == of(Path::new("/")),
        // Another user's root is not to be looked into.
        (None, Some(_)) => its == file && of(&its_root).is_none(),
        (Some(_), None) => false,
    }
}

/// What a file is known by.
fn of(path: &Path) -> Option<(u64, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_running_runner_has_a_file() {
        for (line, file) in [
            ("gitlab-runner run", Some(USUAL_FILE)),
            (
                "/usr/bin/gitlab-runner run --config /etc/x.toml --user u",
                Some("/etc/x.toml"),
            ),
            ("gitlab-runner --debug run -c=x.toml", Some("x.toml")),
            ("python3 /opt/gitlab-runner run -c x", Some("x")),
            ("gitlab-runner register", None),
            ("grep gitlab-runner run", None),
            ("vi /etc/gitlab-runner/config.toml", None),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let found = runs_by(&words);
            assert_eq!(found.as_deref(), file.map(Path::new), "{line}");
        }
    }
}
