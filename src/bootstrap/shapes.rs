//! The file that says what is wanted, as people write it. Its keys are told in `docs/bootstrap.md`.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::catalog::Revision;
use crate::gitlab::{Settings, VariableKind};
use crate::job::Secret;

/// The file. All of it is optional here: flags may say it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Order {
    pub(super) schema: Option<String>,
    pub(super) project: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    /// Backstage's reference, such as `group:default/shop`.
    pub(super) owner: Option<String>,
    pub(super) visibility: Option<String>,
    pub(super) default_branch: Option<String>,
    pub(super) topics: Vec<String>,
    pub(super) settings: Settings,
    pub(super) templates: TemplatesOrder,
    pub(super) inputs: Map<String, Value>,
    pub(super) variables: Vec<VariableOrder>,
    pub(super) environments: Vec<EnvironmentOrder>,
    pub(super) protected_tags: Option<Vec<String>>,
    pub(super) allow_job_tokens_of: Vec<String>,
    pub(super) access_token: Option<TokenOrder>,
    pub(super) runners: Vec<u64>,
    pub(super) webhooks: Vec<HookOrder>,
    pub(super) badges: Vec<BadgeOrder>,
    pub(super) catalog: CatalogOrder,
    pub(super) providers: Vec<ProviderOrder>,
    pub(super) backstage: Option<BackstageOrder>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TemplatesOrder {
    pub(super) project: Option<String>,
    pub(super) component: bool,
}

/// A value stands in the file, in a variable of the environment of this program's caller, or in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VariableOrder {
    pub(super) key: String,
    pub(super) value: Option<Secret>,
    pub(super) value_file: Option<PathBuf>,
    #[serde(rename = "type")]
    pub(super) kind: VariableKind,
    pub(super) protected: bool,
    pub(super) masked: bool,
    pub(super) hidden: bool,
    /// `$` in it means nothing.
    pub(super) raw: bool,
    pub(super) environment_scope: Option<String>,
    pub(super) description: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EnvironmentOrder {
    pub(super) name: String,
    pub(super) tier: Option<String>,
    pub(super) url: Option<String>,
    pub(super) protected: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TokenOrder {
    pub(super) name: Option<String>,
    pub(super) scopes: Vec<String>,
    /// `developer` or `maintainer`
    pub(super) role: Option<String>,
    pub(super) days: Option<u16>,
    pub(super) secret: Option<String>,
    pub(super) region: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HookOrder {
    pub(super) url: String,
    pub(super) token_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BadgeOrder {
    pub(super) name: String,
    pub(super) link: String,
    pub(super) image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CatalogOrder {
    pub(super) revision: Option<Revision>,
    pub(super) lifecycle: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) depends_on: Vec<String>,
    pub(super) execution_arn: Option<String>,
    pub(super) secret_arn: Option<String>,
    pub(super) outputs: Vec<OutputsOrder>,
    pub(super) resource: Option<ResourceOrder>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OutputsOrder {
    pub(super) environment: String,
    pub(super) provider: String,
    pub(super) values: Map<String, Value>,
}

/// A database or a file system that came with the application.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ResourceOrder {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) values: Map<String, Value>,
}

/// What `.awsdeployment/providers/….properties` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ProviderOrder {
    pub(super) environment: String,
    pub(super) provider: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) prefix: String,
    pub(super) vpc_id: String,
    pub(super) role_arn: String,
    pub(super) manual_approval: bool,
    /// Of ECS.
    pub(super) cluster_arn: Option<String>,
    pub(super) private_subnets: Option<String>,
    pub(super) public_subnets: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackstageOrder {
    pub(super) url: String,
    pub(super) token_file: PathBuf,
}
