//! `[cache]`: what this host keeps for the next job, and how much of it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct CacheSettings {
    /// Of images, kept volumes and build cache together; `None`: nothing is collected by itself.
    pub(crate) budget: Option<String>,
    /// Images that `images warm` fetches, and that stay.
    pub(crate) warm: Vec<String>,
}
