//! gitlab-runner's own program: which version it is.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::doctor::finding::{Finding, Kind, Turn};
use crate::env;

/// What the executor needs of it came with that.
const OLDEST: (u64, u64) = (17, 9);
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_BYTES: u64 = 64 * 1024;
const CODE: &str = "host.runner.version";

pub(super) fn runners_version(root: &Path) -> Finding {
    if root != Path::new("/") {
        return Finding::not_looked_at(CODE, "the files are another host's (--root)");
    }
    let on_path = std::env::split_paths(&env::search_path())
        .map(|dir| dir.join("gitlab-runner"))
        .find(|path| path.is_file());
    match on_path {
        Some(program) => decide(&said_by(&program)),
        None => Finding::not_looked_at(CODE, "there is no `gitlab-runner` on PATH"),
    }
}

/// What `--version` prints; a program that hangs is ended.
fn said_by(program: &Path) -> Result<String, String> {
    let mut child = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let (done, said) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = out.take(MOST_BYTES).read_to_string(&mut text);
            // Nobody listens any more where it took too long.
            let _ = done.send(read.map(|_| text));
        });
    }
    let text = said.recv_timeout(PATIENCE);
    // One that has ended is gone already.
    let _ = child.kill();
    child.wait().map_err(|error| error.to_string())?;
    match text {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// Source: gitlab-runner, `common/version.go`: `Version:      17.9.0`.
fn decide(said: &Result<String, String>) -> Finding {
    let text = match said {
        Ok(text) => text,
        Err(why) => return Finding::unknown(CODE, format!("`gitlab-runner --version`: {why}")),
    };
    let version = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Version:"));
    let version = version.map_or("", str::trim);
    let mut numbers = version.split(['.', '-', '~']).map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < OLDEST => Finding::fault(
            CODE,
            Kind::Wrong,
            format!(
                "gitlab-runner is version {version}: it takes {}.{} or later",
                OLDEST.0, OLDEST.1
            ),
        )
        .turn(Turn::Host)
        .remedy("upgrade gitlab-runner"),
        (Some(Ok(_)), Some(Ok(_))) => {
            Finding::ok(CODE, format!("gitlab-runner is version {version}"))
        }
        _ => Finding::unknown(CODE, "`gitlab-runner --version` names no version"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_that_is_too_old_is_wrong() {
        let state = |text: &str| decide(&Ok(text.to_owned())).state.name();
        assert_eq!(state("Version:      17.9.0\nGit revision: x\n"), "ok");
        assert_eq!(state("Version:      17.8.4\n"), "fault");
        assert_eq!(state("Version:      development version\n"), "unknown");
        assert_eq!(decide(&Err("no".to_owned())).state.name(), "unknown");
    }
}
