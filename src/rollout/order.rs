//! What is asked about a service or for it, and what an image's name is answered with: said by rooms, sent by workshops.

use serde::{Deserialize, Serialize};

/// What an update changes; everything else stays as it is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Update {
    /// ARN with revision; `None`: not sent.
    pub(crate) definition: Option<String>,
    /// A new deployment although nothing changed.
    pub(crate) force: bool,
    /// `None`: not sent.
    pub(crate) desired: Option<u32>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TaskSelection {
    /// Whose desired status is running.
    Running,
    /// Stopped lately: ECS keeps them for about an hour.
    Stopped,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HookAnswer {
    Continue,
    RollBack,
}

/// The digests by which one image may be told: that of the reference itself and those of its platforms.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Digests {
    /// Of the manifest or index that the reference means, `sha256:…`.
    pub(crate) digest: String,
    /// `(digest, "linux/amd64")`; of a plain manifest the one, with its platform where that is known.
    pub(crate) platforms: Vec<(String, String)>,
}

impl Digests {
    pub(crate) fn has(&self, digest: &str) -> bool {
        self.digest == digest || self.platforms.iter().any(|(one, _)| one == digest)
    }
}

/// A task that runs once, beside the service and as it: its definition, network, launch type and roles.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct OneOff {
    /// ARN with revision.
    pub(crate) definition: String,
    pub(crate) container: String,
    /// Empty: the image's own.
    pub(crate) command: Vec<String>,
    /// Added to the container's own.
    pub(crate) environment: Vec<(String, String)>,
    /// So that one request starts one task.
    pub(crate) client_token: String,
    pub(crate) started_by: String,
}
