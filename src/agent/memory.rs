//! How a container's memory stands: its limit, and how many of its processes the kernel has killed for want of it.
//!
//! Reads the control group of a process in the container, version 1 (`memory.oom_control`) or 2 (`memory.events`);
//! whether version 2 below systemd reads the same is not proved on the machines this was written on.

use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemoryGroup {
    dir: PathBuf,
}

impl MemoryGroup {
    pub(super) fn of(pid: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
        let dir = directory(&text)?;
        dir.is_dir().then_some(MemoryGroup { dir })
    }

    /// Processes killed since the container was made.
    pub(super) fn kills(&self) -> u64 {
        let counts = ["memory.events", "memory.oom_control"]
            .iter()
            .filter_map(|file| std::fs::read_to_string(self.dir.join(file)).ok());
        counts.filter_map(|text| count(&text)).next().unwrap_or(0)
    }

    /// Bytes; `None` without a limit.
    pub(super) fn limit(&self) -> Option<u64> {
        let texts = ["memory.max", "memory.limit_in_bytes"]
            .iter()
            .filter_map(|file| std::fs::read_to_string(self.dir.join(file)).ok());
        // Version 1 says "no limit" with a number close to the largest.
        texts
            .filter_map(|text| text.trim().parse().ok())
            .next()
            .filter(|limit| *limit < 1 << 60)
    }
}

fn directory(cgroup: &str) -> Option<PathBuf> {
    cgroup.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/');
        if controllers
            .split(',')
            .any(|controller| controller == "memory")
        {
            Some(PathBuf::from("/sys/fs/cgroup/memory").join(path))
        } else if number == "0" && !cgroup.contains("memory") {
            Some(PathBuf::from("/sys/fs/cgroup").join(path))
        } else {
            None
        }
    })
}

fn count(text: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups_are_found() {
        let one = directory("12:memory:/baws/abc\n3:cpu,cpuacct:/baws/abc\n0::/\n").unwrap();
        assert_eq!(one, PathBuf::from("/sys/fs/cgroup/memory/baws/abc"));
        let two = directory("0::/system.slice/docker-abc.scope\n").unwrap();
        assert_eq!(
            two,
            PathBuf::from("/sys/fs/cgroup/system.slice/docker-abc.scope")
        );
        assert_eq!(count("low 0\noom 3\noom_kill 2\n"), Some(2));
        assert_eq!(
            count("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"),
            Some(5)
        );
    }
}
