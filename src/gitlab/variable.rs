//! CI/CD variables of a project. Source: GitLab REST API, "Project-level CI/CD variables".

use gitlab::api::projects::variables::{
    CreateProjectVariable, ProjectVariableFilter, ProjectVariableType, ProjectVariables,
    UpdateProjectVariable,
};
use serde::Deserialize;

use super::failure::built;
use super::{Failure, Gitlab, Of};
use crate::job::Secret;

/// A variable as it is, or as it is to be.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Variable {
    pub(crate) key: String,
    /// `None`: hidden, nobody can read it back.
    pub(crate) value: Option<Secret>,
    #[serde(rename = "variable_type", default)]
    pub(crate) kind: VariableKind,
    #[serde(default)]
    pub(crate) protected: bool,
    #[serde(default)]
    pub(crate) masked: bool,
    #[serde(default)]
    pub(crate) hidden: bool,
    #[serde(default)]
    pub(crate) raw: bool,
    #[serde(rename = "environment_scope", default = "everywhere")]
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VariableKind {
    #[default]
    EnvVar,
    File,
}

fn everywhere() -> String {
    "*".to_owned()
}

impl From<VariableKind> for ProjectVariableType {
    fn from(kind: VariableKind) -> Self {
        match kind {
            VariableKind::EnvVar => ProjectVariableType::EnvVar,
            VariableKind::File => ProjectVariableType::File,
        }
    }
}

impl Gitlab {
    pub(crate) async fn variables(&self, of: &Of<'_>) -> Result<Vec<Variable>, Failure> {
        let doing = "list the CI/CD variables";
        let endpoint = ProjectVariables::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        self.all(doing, &endpoint).await
    }

    pub(crate) async fn create_variable(
        &self,
        of: &Of<'_>,
        wanted: &Variable,
    ) -> Result<(), Failure> {
        let doing = format!("set the CI/CD variable `{}`", wanted.key);
        let mut endpoint = CreateProjectVariable::builder();
        endpoint
            .project(of)
            .key(wanted.key.as_str())
            .value(wanted.value.as_ref().map_or("", Secret::reveal))
            .variable_type(wanted.kind.into())
            .protected(wanted.protected)
            .raw(wanted.raw)
            .environment_scope(wanted.scope.as_str())
            .description(wanted.description.as_deref().unwrap_or_default());
        // Only when it is made; and it means masked.
        match wanted.hidden {
            true => endpoint.masked_and_hidden(true),
            false => endpoint.masked(wanted.masked),
        };
        let endpoint = endpoint.build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }

    pub(crate) async fn update_variable(
        &self,
        of: &Of<'_>,
        wanted: &Variable,
    ) -> Result<(), Failure> {
        let doing = format!("change the CI/CD variable `{}`", wanted.key);
        let strange = |error: String| Failure::strange(&doing, &error);
        let filter = ProjectVariableFilter::builder()
            .environment_scope(wanted.scope.as_str())
            .build()
            .map_err(|error| strange(error.to_string()))?;
        let endpoint = UpdateProjectVariable::builder()
            .project(of)
            .key(wanted.key.as_str())
            .value(wanted.value.as_ref().map_or("", Secret::reveal))
            .variable_type(wanted.kind.into())
            .protected(wanted.protected)
            .masked(wanted.masked || wanted.hidden)
            .raw(wanted.raw)
            .environment_scope(wanted.scope.as_str())
            .filter(filter)
            .description(wanted.description.as_deref().unwrap_or_default())
            .build()
            .map_err(|error| strange(error.to_string()))?;
        self.done(&doing, &endpoint).await
    }
}
