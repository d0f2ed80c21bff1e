//! Facts from `prepare` that spare later stages a question to the engine.
//!
//! No state: a stage that finds no notes asks Docker. They stand outside what any container can see.

use std::path::Path;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Notes {
    /// The engine's API version.
    pub(super) api: String,
    pub(super) helper_id: String,
    pub(super) build_id: String,
    /// The build container has an entrypoint, which may have printed something.
    pub(super) has_entrypoint: bool,
    /// The runner's temporary directory in the containers: file variables and the configuration with the token.
    pub(super) temporary: String,
}

impl Notes {
    pub(super) fn read(job_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(job_dir.join("notes.json")).ok()?).ok()
    }

    pub(super) fn write(&self, job_dir: &Path) -> std::io::Result<()> {
        std::fs::write(job_dir.join("notes.json"), serde_json::to_vec(self)?)
    }
}
