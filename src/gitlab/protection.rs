//! Protected branches and tags, and protected environments. Source: GitLab REST API, "Protected branches", "Protected tags",
//! "Protected environments" (Premium).

use gitlab::api::common::ProtectedAccessLevel;
use gitlab::api::projects::protected_branches::{ProtectBranch, ProtectedBranches};
use gitlab::api::projects::protected_tags::{ProtectTag, ProtectedTags};
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::failure::built;
use super::{Failure, Gitlab, Of};

/// Who may do something, by the least role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Developer,
    Maintainer,
}

impl Level {
    /// Source: GitLab REST API, "Protected branches", valid access levels.
    pub(crate) fn number(self) -> u64 {
        match self {
            Level::Developer => 30,
            Level::Maintainer => 40,
        }
    }
}

impl From<Level> for ProtectedAccessLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Developer => ProtectedAccessLevel::Developer,
            Level::Maintainer => ProtectedAccessLevel::Maintainer,
        }
    }
}

/// A branch or tag, or a pattern of them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ProtectedBranch {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) allow_force_push: bool,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Gitlab {
    pub(crate) async fn protected_branches(
        &self,
        of: &Of<'_>,
    ) -> Result<Vec<ProtectedBranch>, Failure> {
        let doing = "list the protected branches";
        let endpoint = ProtectedBranches::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        self.all(doing, &endpoint).await
    }

    pub(crate) async fn protect_branch(
        &self,
        of: &Of<'_>,
        name: &str,
        push: Level,
        merge: Level,
    ) -> Result<(), Failure> {
        let doing = format!("protect the branch `{name}`");
        let endpoint = ProtectBranch::builder()
            .project(of)
            .name(name)
            .push_access_level(push.into())
            .merge_access_level(merge.into())
            .allow_force_push(false)
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }

    /// Only its force pushes: roles of a protection that exists are somebody's choice.
    pub(crate) async fn forbid_force_push(&self, of: &Of<'_>, name: &str) -> Result<(), Failure> {
        let doing = format!("forbid force pushes to `{name}`");
        let name = gitlab::api::common::path_escaped(name);
        let path = format!("projects/{of}/protected_branches/{name}");
        self.done(
            &doing,
            &Call::patch(path, json!({"allow_force_push": false})),
        )
        .await
    }

    /// Names and patterns.
    pub(crate) async fn protected_tags(&self, of: &Of<'_>) -> Result<Vec<String>, Failure> {
        let doing = "list the protected tags";
        let endpoint = ProtectedTags::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        let found: Vec<Named> = self.all(doing, &endpoint).await?;
        Ok(found.into_iter().map(|tag| tag.name).collect())
    }

    pub(crate) async fn protect_tag(
        &self,
        of: &Of<'_>,
        name: &str,
        create: Level,
    ) -> Result<(), Failure> {
        let doing = format!("protect the tags `{name}`");
        let endpoint = ProtectTag::builder()
            .project(of)
            .name(name)
            .create_access_level(create.into())
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }

    /// `None`: this GitLab has no such thing.
    pub(crate) async fn protected_environments(
        &self,
        of: &Of<'_>,
    ) -> Result<Option<Vec<String>>, Failure> {
        let doing = "list the protected environments";
        let call = Call::get(format!("projects/{of}/protected_environments"));
        match self.all::<Named>(doing, &call).await {
            Ok(found) => Ok(Some(found.into_iter().map(|one| one.name).collect())),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Only Maintainers may deploy to it.
    pub(crate) async fn protect_environment(&self, of: &Of<'_>, name: &str) -> Result<(), Failure> {
        let doing = format!("protect the environment `{name}`");
        let body = json!({
            "name": name,
            "deploy_access_levels": [{"access_level": Level::Maintainer.number()}],
        });
        let call = Call::post(format!("projects/{of}/protected_environments"), body);
        self.done(&doing, &call).await
    }
}
