//! The metadata guard: a firewall table of ours that keeps every container from the instance's metadata and credentials.
//!
//! One nftables table with a hook in the forward path: containers are forwarded, the host itself is not, so the host keeps
//! its instance role. It covers services, build steps and privileged containers alike, and raw frames too. Ensuring it is
//! idempotent. Refuses to touch routes or any rule that is not in its own table.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use crate::error::{Cause, Error, Result};
use crate::output::Output;
use crate::settings::{MetadataGuard, Settings};

/// Instance metadata (IMDS), ECS task credentials, EKS pod identity. The resolver and the clock of link-local stay reachable.
const RULES: &str = "\
add table inet baws_ci
flush table inet baws_ci
table inet baws_ci {
  chain metadata {
    type filter hook forward priority -10; policy accept;
    ip daddr { 169.254.169.254, 169.254.170.2, 169.254.170.23 } counter reject with icmpx type admin-prohibited
    ip6 daddr { fd00:ec2::254, fd00:ec2::23 } counter reject with icmpx type admin-prohibited
  }
}
";

/// Each of those above.
const ADDRESSES: [&str; 5] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::254",
    "fd00:ec2::23",
];
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";

/// A guard on its way; wait for it before the first container starts.
pub(super) struct Guard {
    policy: MetadataGuard,
    setting: Option<std::io::Result<Child>>,
}

impl Guard {
    /// Begins to set the guard; other work may go on meanwhile.
    pub(super) fn begin(policy: MetadataGuard) -> Self {
        let setting = match policy {
            MetadataGuard::Required | MetadataGuard::Preferred => Some(start()),
            MetadataGuard::Off => None,
        };
        Guard { policy, setting }
    }

    /// # Errors
    /// The guard is required and could not be set.
    pub(super) fn ensure(self, output: &Output) -> Result<()> {
        let Some(setting) = self.setting else {
            output.warning("the metadata guard is off: this job can reach the instance's metadata and credentials");
            return Ok(());
        };
        let why = match setting.and_then(Child::wait_with_output) {
            Ok(end) if end.status.success() => return Ok(()),
            Ok(end) => String::from_utf8_lossy(&end.stderr)
                .lines()
                .next()
                .unwrap_or("nft failed")
                .to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                "the program `nft` is not installed".to_owned()
            }
            Err(error) => error.to_string(),
        };
        match self.policy {
            MetadataGuard::Preferred | MetadataGuard::Off => {
                output.warning(format!("no metadata guard ({why}): on an EC2 instance this job can reach its credentials"));
                Ok(())
            }
            MetadataGuard::Required => Err(Error::system("cannot keep jobs from the instance's metadata and credentials")
                .caused_by(Cause::line(why))
                .hint("the operator of this host installs nftables and runs gitlab-runner as root")
                .hint("or accepts it by name: `metadata_guard = \"preferred\"` in `[executor]` of the settings")),
        }
    }
}

/// Sets the guard before any job needs it.
///
/// # Errors
/// It is required and could not be set.
pub(crate) fn guard(settings: &Settings, output: &Output) -> Result<()> {
    let policy = settings.executor.metadata_guard;
    Guard::begin(policy).ensure(output)?;
    match policy {
        MetadataGuard::Required | MetadataGuard::Preferred => {
            output.status("Containers do not reach the instance's metadata and credentials");
        }
        MetadataGuard::Off => {}
    }
    Ok(())
}

/// Whether it is set, for all addresses.
///
/// # Errors
/// The firewall cannot be read.
pub(crate) fn guard_stands() -> Result<bool> {
    let asked = Command::new("nft")
        .args(["list", "table", "inet", "baws_ci"])
        .env("PATH", SEARCH_PATH)
        .stdin(Stdio::null())
        .output();
    let unread = || Error::system("cannot read the firewall of this host");
    let answer = asked.map_err(|error| unread().caused_by(error))?;
    let (out, err) = (
        String::from_utf8_lossy(&answer.stdout),
        String::from_utf8_lossy(&answer.stderr),
    );
    match (
        answer.status.success(),
        rustix::process::geteuid().is_root(),
    ) {
        (true, _) => Ok(ADDRESSES.iter().all(|address| out.contains(address))),
        // It says of each failure in its own words only; root may read, so the table is not there.
        (false, true) => Ok(false),
        (false, false) => Err(unread().caused_by(Cause::line(err.trim()))),
    }
}

fn start() -> std::io::Result<Child> {
    let mut child = Command::new("nft")
        .args(["-f", "-"])
        .env("PATH", SEARCH_PATH)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(RULES.as_bytes())?;
    }
    Ok(child)
}
