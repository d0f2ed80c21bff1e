//! Environments of a project. Source: GitLab REST API, "Environments".

use gitlab::api::projects::environments::Environments;
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::failure::built;
use super::{Failure, Gitlab, Of};

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Environment {
    pub(crate) name: String,
}

impl Gitlab {
    pub(crate) async fn environments(&self, of: &Of<'_>) -> Result<Vec<Environment>, Failure> {
        let doing = "list the environments";
        let endpoint = Environments::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        self.all(doing, &endpoint).await
    }

    /// `tier`: `production`, `staging`, `testing`, `development` or `other`.
    pub(crate) async fn create_environment(
        &self,
        of: &Of<'_>,
        name: &str,
        tier: &str,
        url: Option<&str>,
    ) -> Result<(), Failure> {
        let mut body = json!({"name": name, "tier": tier});
        if let Some(url) = url {
            body["external_url"] = json!(url);
        }
        let call = Call::post(format!("projects/{of}/environments"), body);
        self.done(&format!("make the environment `{name}`"), &call)
            .await
    }
}
