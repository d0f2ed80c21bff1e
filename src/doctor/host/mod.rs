//! This host: its engine, its disk, its guard, its way out, and gitlab-runner's own files.
//!
//! What asks the engine or a program has a thread of its own, for the engine's calls have their own runtime; what asks the network
//! runs beside GitLab and AWS. Read next: `engine`, `guard` (which really tries from a container), `runner`.

mod certificates;
mod disk;
mod engine;
mod guard;
mod metadata;
mod network;
mod program;
mod proxy;
mod runner;
mod state;
mod unit;

use std::path::{Path, PathBuf};

use super::finding::{Finding, Kind, Turn};
use super::gitlab::Registered;
use crate::aws::Aws;
use crate::error::{Error, Result};
use crate::settings::Settings;

/// What is looked at, and what the rooms above know of it.
pub(crate) struct Host<'a> {
    pub(crate) settings: &'a Settings,
    /// Why the settings could not be read; the defaults hold then.
    pub(crate) settings_fault: Option<&'a Error>,
    /// `/`, or where another host's files are.
    pub(crate) root: &'a Path,
    /// gitlab-runner's.
    pub(crate) runner_config: PathBuf,
    /// The executor's directory, where one can be.
    pub(crate) state: std::result::Result<PathBuf, &'a Error>,
    /// Whether the metadata guard is set.
    pub(crate) guard_stands: &'a (dyn Fn() -> Result<bool> + Sync),
}

/// What gitlab-runner's file says, and the runners in it, which GitLab is asked about.
pub(super) fn runners(host: &Host<'_>) -> (Vec<Finding>, Vec<Registered>) {
    runner::findings(host)
}

pub(super) fn at_hand(host: &Host<'_>) -> Vec<Finding> {
    let mut findings = vec![settings(host.settings_fault)];
    findings.extend(state::findings(host));
    findings.extend(engine::findings(host));
    findings.extend(guard::table(host));
    findings.extend(proxy::findings());
    findings.push(certificates::trusted());
    findings.push(unit::finding(host.root));
    findings.push(program::runners_version(host.root));
    findings
}

/// Addresses that the host has to reach: URLs, and names of hosts.
pub(crate) struct Outside<'a> {
    /// Whose clocks are asked.
    pub(crate) clocks: Vec<String>,
    pub(crate) names: Vec<String>,
    /// To ask EC2 about this instance, as nobody but the host itself.
    pub(crate) aws: Option<&'a Aws>,
}

pub(super) async fn outside(outside: &Outside<'_>) -> Vec<Finding> {
    let (clock, names, metadata) = futures_util::join!(
        network::clock(&outside.clocks),
        network::names(&outside.names),
        metadata::findings(outside.aws)
    );
    [vec![clock], names, metadata].concat()
}

/// Whether connections can be made at all: the SDK's own client dies where there is no certificate to trust.
pub(crate) fn trusts() -> bool {
    certificates::trusted().kind().is_none()
}

fn settings(fault: Option<&Error>) -> Finding {
    let Some(error) = fault else {
        return Finding::ok("host.settings", "the settings can be read");
    };
    let finding = Finding::fault("host.settings", Kind::Wrong, error).turn(Turn::Host);
    let finding = error
        .hints()
        .iter()
        .fold(finding, |finding, hint| finding.remedy(hint));
    finding.remedy(
        "until then no job starts; all else here was looked at as if there were no settings",
    )
}
