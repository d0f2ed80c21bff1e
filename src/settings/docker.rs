//! `[docker]`: where the engine is.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct DockerSettings {
    /// `unix:///path`; `None`: `DOCKER_HOST`, else the engine's standard socket.
    pub(crate) host: Option<String>,
    pub(crate) timeout_secs: u64,
}

impl Default for DockerSettings {
    fn default() -> Self {
        DockerSettings {
            host: None,
            timeout_secs: 120,
        }
    }
}
