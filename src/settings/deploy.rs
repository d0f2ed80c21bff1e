//! `[deploy]`: how often a service is looked at.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct DeploySettings {
    /// Between two looks at one service; several services share the same number of calls a second.
    pub(crate) poll_ms: u64,
}

impl Default for DeploySettings {
    /// Fifteen looks a minute: ECS's limits are shared by a whole account and region.
    fn default() -> Self {
        DeploySettings { poll_ms: 4000 }
    }
}
