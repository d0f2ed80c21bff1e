//! Where the engine keeps its images, and the room on that disk.

use super::{Engine, Failure};

/// What an engine says of itself that does not change while it runs.
#[derive(Debug)]
pub(super) struct About {
    /// Its directory, as it sees it.
    pub(super) root: Option<String>,
    /// Of images, such as `overlay2`.
    pub(super) driver: Option<String>,
}

impl Engine {
    /// Asked once: an engine takes long to count all that it tells besides.
    pub(super) async fn about(&self) -> Result<&About, Failure> {
        let ask = async || {
            let info = self.docker.info().await;
            let info = info.map_err(|error| self.failure("ask the engine about itself", error))?;
            Ok(About {
                root: info.docker_root_dir,
                driver: info.driver,
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
