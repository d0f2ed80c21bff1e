//! Who and what else has to do with a project: the allow-list of its job token, runners, webhooks, badges. Source: GitLab REST
//! API, "Job token scope", "Runners", "Project webhooks", "Project badges".

use gitlab::api::projects::hooks::{CreateHook, Hooks};
use gitlab::api::projects::job_token_scopes as scope;
use gitlab::api::projects::runners::{EnableProjectRunner, ProjectRunners};
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::failure::built;
use super::{Failure, Gitlab, Of};
use crate::job::Secret;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hook {
    pub(crate) url: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Badge {
    /// Old ones have none.
    #[serde(default)]
    pub(crate) name: Option<String>,
    pub(crate) link_url: String,
    pub(crate) image_url: String,
    /// `project` or `group`.
    #[serde(default)]
    pub(crate) kind: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Runner {
    pub(crate) id: u64,
}

#[derive(Deserialize)]
struct Placed {
    path_with_namespace: String,
}

#[derive(Deserialize)]
struct Inbound {
    inbound_enabled: bool,
}

impl Gitlab {
    /// Whether only projects of the allow-list may use their job tokens here.
    pub(crate) async fn job_token_is_limited(&self, of: &Of<'_>) -> Result<bool, Failure> {
        let doing = "look at the job token's scope";
        let endpoint = scope::JobTokenScopes::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        let found: Inbound = self.value(doing, &endpoint).await?;
        Ok(found.inbound_enabled)
    }

    pub(crate) async fn limit_job_token(&self, of: &Of<'_>) -> Result<(), Failure> {
        let doing = "limit the job token's scope";
        let endpoint = scope::EditJobTokenScope::builder()
            .project(of)
            .enabled(true)
            .build();
        let endpoint = built(doing, endpoint)?;
        self.done(doing, &endpoint).await
    }

    /// Full paths of the projects whose job tokens may be used here.
    pub(crate) async fn allowed_projects(&self, of: &Of<'_>) -> Result<Vec<String>, Failure> {
        let doing = "list the job token's allow-list";
        let endpoint = scope::AllowedJobTokenProjects::builder()
            .project(of)
            .build();
        let endpoint = built(doing, endpoint)?;
        let found: Vec<Placed> = self.all(doing, &endpoint).await?;
        Ok(found
            .into_iter()
            .map(|one| one.path_with_namespace)
            .collect())
    }

    pub(crate) async fn allow_project(&self, of: &Of<'_>, other: u64) -> Result<(), Failure> {
        let doing = format!("put the project {other} on the job token's allow-list");
        let endpoint = scope::AllowJobTokenProject::builder()
            .project(of)
            .target_project_id(other)
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }

    pub(crate) async fn runners(&self, of: &Of<'_>) -> Result<Vec<Runner>, Failure> {
        let doing = "list the project's runners";
        let endpoint = ProjectRunners::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        self.all(doing, &endpoint).await
    }

    pub(crate) async fn enable_runner(&self, of: &Of<'_>, runner: u64) -> Result<(), Failure> {
        let doing = format!("give the runner {runner} to the project");
        let endpoint = EnableProjectRunner::builder()
            .project(of)
            .runner(runner)
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }

    pub(crate) async fn hooks(&self, of: &Of<'_>) -> Result<Vec<Hook>, Failure> {
        let doing = "list the webhooks";
        let endpoint = Hooks::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        self.all(doing, &endpoint).await
    }

    /// For pushes, tags, merge requests, pipelines and deployments.
    pub(crate) async fn create_hook(
        &self,
        of: &Of<'_>,
        url: &str,
        token: Option<&Secret>,
    ) -> Result<(), Failure> {
        let doing = "make the webhook";
        let mut endpoint = CreateHook::builder();
        endpoint
            .project(of)
            .url(url)
            .push_events(true)
            .tag_push_events(true)
            .merge_requests_events(true)
            .pipeline_events(true)
            .deployment_events(true)
            .enable_ssl_verification(true);
        if let Some(token) = token {
            endpoint.token(token.reveal());
        }
        let endpoint = endpoint.build();
        let endpoint = built(doing, endpoint)?;
        self.done(doing, &endpoint).await
    }

    pub(crate) async fn badges(&self, of: &Of<'_>) -> Result<Vec<Badge>, Failure> {
        let call = Call::get(format!("projects/{of}/badges"));
        let found: Vec<Badge> = self.all("list the badges", &call).await?;
        let own = |badge: &Badge| badge.kind.as_deref() != Some("group");
        Ok(found.into_iter().filter(own).collect())
    }

    pub(crate) async fn create_badge(&self, of: &Of<'_>, badge: &Badge) -> Result<(), Failure> {
        let name = badge.name.as_deref().unwrap_or_default();
        let body = json!({"name": name, "link_url": badge.link_url, "image_url": badge.image_url});
        let call = Call::post(format!("projects/{of}/badges"), body);
        self.done(&format!("make the badge `{name}`"), &call).await
    }
}
