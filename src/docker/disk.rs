//! Where the engine keeps its images, and the room on that disk.

use super::{Engine, Failure};

/// What an engine says of itself that does not change while it runs.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// Its directory, as it sees it.
    pub(crate) root: Option<String>,
    /// Of images, such as `overlay2`.
    pub(crate) driver: Option<String>,
    /// Such as `26.1.5+dfsg1`.
    pub(crate) version: String,
    /// `systemd`, `cgroupfs` or `none`.
    pub(crate) cgroup_driver: String,
    /// `1` or `2`.
    pub(crate) cgroup_version: String,
    /// Whether a container's memory and processes can be limited.
    pub(crate) limits: bool,
    /// Containers outlive a restart of the engine.
    pub(crate) live_restore: bool,
}

impl Engine {
    /// Asked once: an engine takes long to count all that it tells besides.
    pub(crate) async fn about(&self) -> Result<&About, Failure> {
        let ask = async || {
            let info = self.docker.info().await;
            let info = info.map_err(|error| self.failure("ask the engine about itself", error))?;
            Ok(About {
                root: info.docker_root_dir,
                driver: info.driver,
                version: info.server_version.unwrap_or_default(),
                cgroup_driver: info
                    .cgroup_driver
                    .map(|one| one.to_string())
                    .unwrap_or_default(),
                cgroup_version: info
                    .cgroup_version
                    .map(|one| one.to_string())
                    .unwrap_or_default(),
                limits: info.memory_limit != Some(false) && info.pids_limit != Some(false),
                live_restore: info.live_restore_enabled == Some(true),
            })
        };
        self.about.get_or_try_init(ask).await
    }

    /// Bytes that are free there; `None` where this process cannot see the engine's directory.
    pub(crate) async fn free_disk(&self) -> Result<Option<u64>, Failure> {
        let root = self.about().await?.root.as_deref();
        let free = root
            .and_then(|dir| rustix::fs::statvfs(dir).ok())
            .map(|answer| answer.f_bavail.saturating_mul(answer.f_frsize));
        Ok(free)
    }
}
