//! One request as it comes over the job socket: what it is for, what the job brings along, and the request itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::job::Credential;

/// Which room of the host a request is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Room {
    #[default]
    Image,
    Services,
    Auth,
}

/// Everything in it is the job's word.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    #[serde(default)]
    pub(super) room: Room,
    /// For registries that are not ECR.
    #[serde(default)]
    pub(super) logins: Vec<Credential>,
    /// The room's own.
    #[serde(flatten)]
    pub(super) request: Value,
}

/// Where a request holds the logins that the job brings.
pub(super) const LOGINS: &str = "logins";

impl Envelope {
    /// # Errors
    /// `Usage` for what is no envelope.
    pub(super) fn open(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    /// # Errors
    /// `Usage` for what is no request of this room.
    pub(super) fn request<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T> {
        serde_json::from_value(std::mem::take(&mut self.request)).map_err(unreadable)
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::usage("the request cannot be read").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::BuildRequest;

    proptest::proptest! {
        /// What a job sends as a request is one, or an error.
        #[test]
        fn fuzz_requests(
            text in "\\{(\"(room|logins|request|tags|dockerfile|version|verb)\":(\"(image|services|auth|x)\"|\\[\\]|\\{\\}|[0-9]{1,30}|null|true),?){0,5}\\}|\\PC{0,60}",
        ) {
            if let Ok(mut envelope) = Envelope::open(text.as_bytes()) {
                envelope.request::<BuildRequest>().ok();
            }
        }
    }
}
