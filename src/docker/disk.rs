//! The disk on which the engine keeps its images.

use super::{Engine, Failure};

impl Engine {
    /// Bytes that are free there; `None` where this process cannot see the engine's directory.
    pub(crate) async fn free_disk(&self) -> Result<Option<u64>, Failure> {
        let info = self
            .docker
            .info()
            .await
            .map_err(|error| self.failure("ask the engine about itself", error))?;
        let free = info
            .docker_root_dir
            .and_then(|dir| rustix::fs::statvfs(dir.as_str()).ok())
            .map(|answer| answer.f_bavail.saturating_mul(answer.f_frsize));
        Ok(free)
    }
}
