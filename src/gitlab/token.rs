//! Access tokens: the one in use, and those of a project. Source: GitLab REST API, "Personal access tokens", "Project access
//! tokens".

use gitlab::api::projects::access_tokens::{
    CreateProjectAccessToken, ProjectAccessTokenAccessLevel, ProjectAccessTokenScope,
    ProjectAccessTokenState, ProjectAccessTokens,
};
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::failure::built;
use super::{Failure, Gitlab, Of};
use crate::job::Secret;

/// The token that is in use here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OwnToken {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// `2026-11-29`; `None`: it does not end.
    #[serde(default)]
    pub(crate) expires_at: Option<String>,
}

/// A token of a project, without its value.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// `2026-11-29`
    #[serde(default)]
    pub(crate) expires_at: Option<String>,
    #[serde(default)]
    pub(crate) active: bool,
    #[serde(default)]
    pub(crate) revoked: bool,
}

/// The answer that alone holds the value.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NewToken {
    pub(crate) id: u64,
    pub(crate) token: Secret,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenScope {
    Api,
    ReadApi,
    ReadRepository,
    WriteRepository,
}

impl TokenScope {
    pub(crate) const ALL: [TokenScope; 4] = [
        TokenScope::Api,
        TokenScope::ReadApi,
        TokenScope::ReadRepository,
        TokenScope::WriteRepository,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            TokenScope::Api => "api",
            TokenScope::ReadApi => "read_api",
            TokenScope::ReadRepository => "read_repository",
            TokenScope::WriteRepository => "write_repository",
        }
    }
}

impl From<TokenScope> for ProjectAccessTokenScope {
    fn from(scope: TokenScope) -> Self {
        match scope {
            TokenScope::Api => ProjectAccessTokenScope::Api,
            TokenScope::ReadApi => ProjectAccessTokenScope::ReadApi,
            TokenScope::ReadRepository => ProjectAccessTokenScope::ReadRepository,
            TokenScope::WriteRepository => ProjectAccessTokenScope::WriteRepository,
        }
    }
}

impl Gitlab {
    /// The token in use. `None`: one that cannot tell, such as a token of OAuth.
    pub(crate) async fn own_token(&self) -> Result<Option<OwnToken>, Failure> {
        let call = Call::get("personal_access_tokens/self");
        self.value_if_any("look at the token in use", &call).await
    }

    /// Those that are good.
    pub(crate) async fn access_tokens(&self, of: &Of<'_>) -> Result<Vec<AccessToken>, Failure> {
        let doing = "list the project's access tokens";
        let endpoint = ProjectAccessTokens::builder()
            .project(of)
            .state(ProjectAccessTokenState::Active)
            .build();
        let endpoint = built(doing, endpoint)?;
        let found: Vec<AccessToken> = self.all(doing, &endpoint).await?;
        let good = |token: &AccessToken| token.active && !token.revoked;
        Ok(found.into_iter().filter(good).collect())
    }

    /// `expires_at`: `2026-11-29`. Returns its value, which GitLab tells this once.
    pub(crate) async fn create_access_token(
        &self,
        of: &Of<'_>,
        name: &str,
        scopes: &[TokenScope],
        level: super::Level,
        expires_at: &str,
    ) -> Result<NewToken, Failure> {
        let doing = format!("make the access token `{name}`");
        let strange = |error: String| Failure::strange(&doing, &error);
        let day = expires_at
            .parse()
            .map_err(|_| strange(format!("`{expires_at}` is no day")))?;
        let mut endpoint = CreateProjectAccessToken::builder();
        endpoint
            .project(of)
            .name(name)
            .scopes(scopes.iter().map(|scope| (*scope).into()))
            .access_level(match level {
                super::Level::Developer => ProjectAccessTokenAccessLevel::Developer,
                super::Level::Maintainer => ProjectAccessTokenAccessLevel::Maintainer,
            })
            .expires_at(day);
        let endpoint = endpoint
            .build()
            .map_err(|error| strange(error.to_string()))?;
        self.value(&doing, &endpoint).await
    }

    /// A new value and a new end for a token; the old value is good no longer.
    pub(crate) async fn rotate_access_token(
        &self,
        of: &Of<'_>,
        token: &AccessToken,
        expires_at: &str,
    ) -> Result<NewToken, Failure> {
        let path = format!("projects/{of}/access_tokens/{}/rotate", token.id);
        let call = Call::post(path, json!({"expires_at": expires_at}));
        let doing = format!("rotate the access token `{}`", token.name);
        self.value(&doing, &call).await
    }
}
