//! GitLab's own word about a pipeline file. Source: GitLab REST API, "CI lint": 200 also for a file that is refused.

use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::{Failure, Gitlab, Of};

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) valid: bool,
    #[serde(default)]
    pub(crate) errors: Vec<String>,
}

impl Gitlab {
    /// What this GitLab says of this text as the pipeline of that project.
    pub(crate) async fn lint(&self, of: &Of<'_>, content: &str) -> Result<Verdict, Failure> {
        let call = Call::post(
            format!("projects/{of}/ci/lint"),
            json!({"content": content}),
        );
        self.value("have the pipeline checked", &call).await
    }
}
