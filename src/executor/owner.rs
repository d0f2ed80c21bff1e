//! The process that gave the job, as a label: where it is gone, the job is dead.
//!
//! `<pid namespace>:<boot>:<pid>:<start in ticks>`. A number alone may be used again; another pid namespace cannot be
//! judged from here, and then only the job's deadline counts.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};

/// Our parent: gitlab-runner, or whoever drives the stages in its place.
pub(super) fn label() -> String {
    let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    format!("{}:{parent}:{}", world(), started(parent).unwrap_or(0))
}

/// By these names process 1 is an init: it gives no job, and takes over whatever loses its parent.
const INITS: [&str; 9] = [
    "systemd",
    "init",
    "tini",
    "dumb-init",
    "docker-init",
    "catatonit",
    "runit",
    "s6-svscan",
    "openrc-init",
];

/// [`label`], for a job that begins.
///
/// # Errors
/// The runner is gone already. An init, which never dies, would then be the job's owner, and the job nobody's to remove.
pub(super) fn of_new_job() -> Result<String> {
    let label = label();
    let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    let first = std::fs::read_to_string("/proc/1/comm").unwrap_or_default();
    if parent == 1 && INITS.contains(&first.trim()) {
        return Err(Error::system("the runner that gave this job is gone"));
    }
    Ok(label)
}

/// Whether a job with these labels can still be alive.
pub(super) fn is_alive(owner: Option<&str>, deadline: Option<&str>) -> bool {
    if deadline
        .and_then(|text| text.parse().ok())
        .is_some_and(|deadline: u64| now_secs() > deadline)
    {
        return false;
    }
    let Some((theirs, pid, start)) = owner.and_then(parse) else {
        return true;
    };
    let same_boot = theirs.rsplit(':').next() == world().rsplit(':').next();
    if !same_boot {
        return false;
    }
    theirs != world() || started(pid) == Some(start)
}

pub(super) fn now_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

/// `<pid namespace>:<boot id>` of this process.
fn world() -> String {
    let namespace =
        std::fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().replace(':', ""));
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    format!(
        "{}:{}",
        namespace.unwrap_or_default(),
        boot.unwrap_or_default().trim()
    )
}

fn started(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(19)?
        .parse()
        .ok()
}

fn parse(owner: &str) -> Option<(&str, i32, u64)> {
    let mut parts = owner.rsplitn(3, ':');
    let start = parts.next()?.parse().ok()?;
    let pid = parts.next()?.parse().ok()?;
    Some((parts.next()?, pid, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_lives_as_long_as_its_runner_and_its_deadline() {
        let mine = label();
        assert!(is_alive(Some(&mine), Some("99999999999")));
        assert!(
            !is_alive(Some(&mine), Some("1000")),
            "the deadline has passed"
        );
        let (world, pid, start) = parse(&mine).unwrap();
        assert!(
            !is_alive(Some(&format!("{world}:{pid}:{}", start + 1)), None),
            "the number is another process now"
        );
        let (_, boot) = world.split_once(':').unwrap();
        assert!(
            is_alive(Some(&format!("pid[1]:{boot}:{pid}:1")), None),
            "another namespace cannot be judged"
        );
        assert!(
            !is_alive(Some(&format!("pid[1]:other-boot:{pid}:1")), None),
            "the machine has been started again"
        );
        assert!(is_alive(None, None), "without labels nothing is known");
    }
}
