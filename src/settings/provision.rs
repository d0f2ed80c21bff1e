//! `[provision]`: where the platform's catalog is, and how often an execution is looked at.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ProvisionSettings {
    /// The project that holds the catalog of environments.
    pub(crate) reference: String,
    /// Between two looks at an execution that moves.
    pub(crate) poll_ms: u64,
}

impl Default for ProvisionSettings {
    /// The platform's own reference repository. Step Functions' limits are shared by a whole account and region.
    fn default() -> Self {
        ProvisionSettings {
            reference: "baws-admin/backstage-reference".to_owned(),
            poll_ms: 4000,
        }
    }
}
