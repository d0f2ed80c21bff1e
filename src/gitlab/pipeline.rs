//! What became of pipelines. Source: GitLab REST API, "Pipelines".

use gitlab::api::projects::pipelines::Pipelines;
use serde::Deserialize;

use super::failure::built;
use super::{Failure, Gitlab, Of};

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Pipeline {
    #[serde(default)]
    pub(crate) sha: String,
    /// `success`, `failed`, `running`, `manual`, …
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) web_url: String,
}

impl Pipeline {
    pub(crate) fn is_good(&self) -> bool {
        // A pipeline that waits for a person has passed everything before.
        matches!(self.status.as_str(), "success" | "manual" | "skipped")
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.status.as_str(), "failed" | "canceled" | "canceling")
    }
}

impl Gitlab {
    /// The newest of a branch.
    pub(crate) async fn last_pipeline(
        &self,
        of: &Of<'_>,
        branch: &str,
    ) -> Result<Option<Pipeline>, Failure> {
        let doing = format!("look at the pipelines of `{branch}`");
        let endpoint = Pipelines::builder().project(of).ref_(branch).build();
        let endpoint = built(&doing, endpoint)?;
        // The first page begins with the newest.
        let found: Option<Vec<Pipeline>> = match self.value(&doing, &endpoint).await {
            Ok(found) => Some(found),
            // Pipelines are switched off, or hidden from this token.
            Err(failure) if failure.is_not_found() || failure.kind == super::Kind::Forbidden => {
                None
            }
            Err(failure) => return Err(failure),
        };
        Ok(found.and_then(|found| found.into_iter().next()))
    }
}
