//! What systemd, tmpfiles and logrotate have to know of this host's runner, as files.
//!
//! Each begins with a line that holds the digest of the rest: what is still as it was written is brought up to date or removed, what
//! somebody changed, or wrote himself, is left alone and named. Source: systemd.kill(5), systemd.timer(5), tmpfiles.d(5),
//! logrotate(8); gitlab-runner, "Signals": SIGQUIT lets jobs end.

use std::path::{Path, PathBuf};

use super::systemd::runs_this_host;
use super::{Change, Did, Mode, replace};
use crate::digest::digest;
use crate::error::{Error, Result};

const DROP_IN: &str = "etc/systemd/system/gitlab-runner.service.d/10-baws-ci.conf";
/// Only where a life-cycle hook is named.
const DRAINS: &str = "etc/systemd/system/baws-ci-drain.service";
/// Where each goes, below the root.
const FILES: [(&str, &str); 7] = [
    (DROP_IN, include_str!("units/gitlab-runner.conf")),
    (
        "etc/systemd/system/baws-ci-guard.service",
        include_str!("units/baws-ci-guard.service"),
    ),
    (DRAINS, include_str!("units/baws-ci-drain.service")),
    (
        "etc/systemd/system/baws-ci-sweep.service",
        include_str!("units/baws-ci-sweep.service"),
    ),
    (
        "etc/systemd/system/baws-ci-sweep.timer",
        include_str!("units/baws-ci-sweep.timer"),
    ),
    (
        "etc/tmpfiles.d/baws-ci.conf",
        include_str!("units/tmpfiles.conf"),
    ),
    (
        "etc/logrotate.d/baws-ci",
        include_str!("units/logrotate.conf"),
    ),
];
/// Whoever runs the host may read them.
const FOR_ALL: u32 = 0o644;
/// Units that are switched on.
const SWITCHED: [&str; 3] = [
    "baws-ci-guard.service",
    "baws-ci-drain.service",
    "baws-ci-sweep.timer",
];
const MARK: &str = "# baws-ci ";
const WORDS: &str = ": written by `baws-ci runner install`; without this line the file is yours\n";

/// How this host is to be.
pub(crate) struct Installation {
    /// `/`, or where an image of a host is made.
    pub(crate) root: PathBuf,
    pub(crate) program: PathBuf,
    /// `--config` of what is started.
    pub(crate) settings: Option<PathBuf>,
    /// The executor's directory.
    pub(crate) state: PathBuf,
    /// How long stopping the runner waits for its jobs.
    pub(crate) drain_secs: u64,
    pub(crate) sweep_minutes: u32,
    /// A life-cycle hook of the host's Auto Scaling group.
    pub(crate) hook: Option<String>,
}

/// Writes the files that are not as they have to be.
///
/// # Errors
/// `System` where one cannot be written: those before it are.
pub(crate) fn install(wanted: &Installation, mode: Mode) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for (place, text) in FILES {
        let path = wanted.root.join(place);
        if place == DRAINS && wanted.hook.is_none() {
            continue;
        }
        let text = marked(&wanted.filled(text));
        let did = match found(&path)? {
            Found::Nothing => Did::Write,
            Found::Ours(there) if there == text => Did::Keep,
            Found::Ours(_) => Did::Write,
            Found::Others => Did::Leave,
        };
        if (did, mode) == (Did::Write, Mode::Apply) {
            write(&path, &text)?;
        }
        changes.push(Change { path, did });
    }
    Ok(changes)
}

/// Removes the files that are as they were written.
///
/// # Errors
/// `System` where one cannot be removed.
pub(crate) fn uninstall(root: &Path, mode: Mode) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for (place, _) in FILES {
        let path = root.join(place);
        let did = match found(&path)? {
            Found::Nothing => continue,
            Found::Ours(_) => Did::Remove,
            Found::Others => Did::Leave,
        };
        if (did, mode) == (Did::Remove, Mode::Apply) {
            std::fs::remove_file(&path).map_err(|error| {
                Error::system(format!("cannot remove `{}`", path.display())).caused_by(error)
            })?;
        }
        changes.push(Change { path, did });
    }
    Ok(changes)
}

/// How a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Missing,
    /// As it was written, whatever the options were.
    Installed,
    /// By somebody.
    Changed,
}

/// # Errors
/// `System` where one cannot be read.
pub(super) fn standing(root: &Path) -> Result<Vec<(PathBuf, Standing)>> {
    let all = FILES.into_iter().filter(|(place, _)| {
        // It is nobody's to miss.
        *place != DRAINS || root.join(place).exists()
    });
    let all = all.map(|(place, _)| {
        let path = root.join(place);
        let standing = match found(&path)? {
            Found::Nothing => Standing::Missing,
            Found::Ours(_) => Standing::Installed,
            Found::Others => Standing::Changed,
        };
        Ok((path, standing))
    });
    all.collect()
}

/// When systemd hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Written,
    ToBeRemoved,
    Removed,
}

/// The commands for it, in order.
pub(crate) fn commands(when: When, changes: &[Change]) -> Vec<Vec<&'static str>> {
    let units = |verb: &'static str, which: &dyn Fn(Did) -> bool| {
        let concerned = SWITCHED.into_iter().filter(|unit| {
            let is_its = |change: &&Change| change.path.ends_with(unit);
            changes
                .iter()
                .find(is_its)
                .is_some_and(|change| which(change.did))
        });
        let units: Vec<&str> = concerned.collect();
        let words = [&["systemctl", verb, "--now"], units.as_slice()].concat();
        (!units.is_empty()).then_some(words)
    };
    let reload = vec!["systemctl", "daemon-reload"];
    match when {
        When::Written => {
            let directories = "/etc/tmpfiles.d/baws-ci.conf";
            let mut all = vec![vec!["systemd-tmpfiles", "--create", directories], reload];
            all.extend(units("enable", &|_| true));
            all
        }
        // One that somebody changed goes on.
        When::ToBeRemoved => units("disable", &|did| did == Did::Remove)
            .into_iter()
            .collect(),
        When::Removed => vec![reload],
    }
}

/// Whether systemd runs this host, and the files are for it.
pub(crate) fn is_for_this_host(root: &Path) -> bool {
    root == Path::new("/") && runs_this_host()
}

enum Found {
    Nothing,
    /// As it was written.
    Ours(String),
    Others,
}

fn found(path: &Path) -> Result<Found> {
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => {
            return Err(Error::system(format!("cannot read `{}`", path.display())).caused_by(error));
        }
    };
    let rest = text.split_once('\n').map(|(_, rest)| rest);
    Ok(match rest {
        Some(rest) if marked(rest) == text => Found::Ours(text),
        Some(_) | None => Found::Others,
    })
}

fn marked(text: &str) -> String {
    format!("{MARK}{}{WORDS}{text}", &digest([text])[..16])
}

fn write(path: &Path, text: &str) -> Result<()> {
    replace(path, text, FOR_ALL).map_err(|error| {
        Error::system(format!("cannot write `{}`", path.display()))
            .caused_by(error)
            .hint("it takes root; what was written before stays, and the next run goes on")
    })
}

impl Installation {
    fn hook(&self) -> String {
        let hook = self.hook.as_deref().map(Path::new).map(quoted);
        hook.map_or_else(String::new, |hook| format!(" --lifecycle-hook {hook}"))
    }

    fn filled(&self, text: &str) -> String {
        let mut baws = quoted(&self.program);
        if let Some(settings) = &self.settings {
            baws = format!("{baws} --config {}", quoted(settings));
        }
        text.replace("@BAWS@", &baws)
            .replace("@HOOK@", &self.hook())
            .replace("@STATE@", &quoted(&self.state))
            .replace("@DRAIN@", &self.drain_secs.to_string())
            .replace("@SWEEP@", &self.sweep_minutes.to_string())
    }
}

/// One word to systemd and tmpfiles. Source: systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers".
fn quoted(path: &Path) -> String {
    let text = path.display().to_string().replace('%', "%%");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-%".contains(c);
    match text.chars().all(is_plain) {
        true => text,
        false => {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", text.replace('$', "$$"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word() {
        for (path, word) in [
            ("/usr/local/bin/baws-ci", "/usr/local/bin/baws-ci"),
            ("/opt/my ci/baws", "\"/opt/my ci/baws\""),
            ("/a\"b%$", "\"/a\\\"b%%$$\""),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
