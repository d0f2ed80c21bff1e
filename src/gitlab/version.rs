//! Which GitLab this is. Source: GitLab REST API, "Version".

use serde::Deserialize;

use super::call::Call;
use super::{Failure, Gitlab};

impl Gitlab {
    /// Such as `17.5.0-ee`.
    pub(crate) async fn version(&self) -> Result<String, Failure> {
        #[derive(Deserialize)]
        struct Answer {
            version: String,
        }
        let answer: Answer = self
            .value("ask GitLab for its version", &Call::get("version"))
            .await?;
        Ok(answer.version)
    }
}
