//! The shell of a stage: which one, and how it is started.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::fs::{Access, Mode};

use crate::env;

/// In the order the docker executor looks for them. Source: gitlab-runner `shells/bash.go`.
const SHELLS: [&str; 7] = [
    "/usr/local/bin/bash",
    "/usr/bin/bash",
    "/bin/bash",
    "/usr/local/bin/sh",
    "/usr/bin/sh",
    "/bin/sh",
    "/busybox/sh",
];

pub(super) fn find() -> Option<&'static str> {
    SHELLS
        .into_iter()
        .find(|path| rustix::fs::access(*path, Access::EXEC_OK).is_ok())
}

/// Starts the shell in a process group of its own, with the script as its input; gives its number.
///
/// The shell is made a better victim of the out-of-memory killer than this process, which has to tell of it. Raising the
/// score and lowering it again to what it was needs no privilege.
pub(super) fn start(
    shell: &str,
    script: OwnedFd,
    output: OwnedFd,
    umask: Option<u32>,
) -> std::io::Result<u32> {
    let mut path = env::search_path();
    path.push(if path.is_empty() {
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"
    } else {
        ":"
    });
    path.push(super::DIRECTORY);
    let errors = output.try_clone()?;
    let mut command = Command::new(shell);
    command.env("PATH", path).process_group(0);
    command
        .stdin(Stdio::from(File::from(script)))
        .stdout(Stdio::from(output))
        .stderr(Stdio::from(errors));
    let before = umask.map(|mask| rustix::process::umask(Mode::from_raw_mode(mask)));
    let own_score = std::fs::read_to_string("/proc/self/oom_score_adj").ok();
    score("500");
    let child = command.spawn();
    score(own_score.as_deref().unwrap_or("0"));
    if let Some(before) = before {
        rustix::process::umask(before);
    }
    child.map(|child| child.id())
}

fn score(value: &str) {
    if std::fs::write("/proc/self/oom_score_adj", value.trim()).is_err() {
        // A kernel or sandbox without the file: the killer then chooses by size alone.
    }
}
