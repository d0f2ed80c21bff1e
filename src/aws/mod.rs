//! The workshop for AWS: the only place that names the AWS SDK.
//!
//! Offers verbs on ECR and ECS in plain values of ours. Credentials are fetched by the first call that needs them, from the host's
//! own chain or a role on top of it; never from a job. Refuses to know Docker: a token leaves as user and password, and the
//! room above carries it on. Read next: `connect` (where credentials come from), `ecs`, `json` and `query` (calls without a typed client), `repository` and `create`,
//! `image`, `digests`, `layers`, `scan`, `failure` (which errors have a remedy), `token_cache` (one token for all processes of the host).

mod authorization;
mod autoscaling;
mod build_project;
mod call;
mod caller;
mod cluster;
mod connect;
mod create;
mod digests;
mod ecs;
mod failure;
mod held;
mod hop_limit;
mod image;
mod instance;
mod json;
mod key;
mod layers;
mod log;
mod parameter;
mod permission;
mod post;
mod query;
mod repository;
mod scan;
mod schema;
mod secret;
mod session;
mod simulation;
mod stack;
mod state_machine;
mod states;
mod table;
mod token_cache;
mod token_file;
mod transport;

pub(crate) use autoscaling::{GroupMember, OpenHook};
pub(crate) use caller::{Caller, Keys};
pub(crate) use create::{CreatedHow, NewRepository};
pub(crate) use ecs::MOST_SERVICES;
pub(crate) use failure::{Failure, Landed, Reason};
pub(crate) use image::ImageId;
pub(crate) use instance::{Instance, Leaving};
pub(crate) use key::Key;
pub(crate) use layers::HeldLayer;
pub(crate) use repository::Repository;
pub(crate) use scan::{Scan, ScanStatus, Severity};
pub(crate) use schema::Schema;
pub(crate) use secret::{SecretFound, SecretText, keeping};
pub(crate) use stack::{Stack, StackEvent};
pub(crate) use states::{Direction, Execution, ExecutionStatus, PageStart};
pub(crate) use table::{Put, Rows, Texts};
pub(crate) use token_cache::TokenCache;

use authorization::Token;
use call::Call;
use held::Held;
use repository::Mutability;

use crate::job::Secret;

/// AWS in one region, as one principal.
pub(crate) struct Aws {
    ecr: aws_sdk_ecr::Client,
    ecs: aws_sdk_ecs::Client,
    /// Made by the first call that needs it: most need none.
    http: std::sync::OnceLock<reqwest::Client>,
    /// What signs the calls of all of them.
    held: Held,
    config: aws_config::SdkConfig,
    region: String,
    /// Whose credentials these are, as far as that is known without asking: what cached tokens are filed under.
    principal: String,
    role: Option<String>,
}

/// Names this program's sessions in CloudTrail; those for a job are [`session_of_job`]'s.
pub(crate) const SESSION: &str = "baws-ci";

pub(crate) fn session_of_job(job_id: u64) -> String {
    format!("{SESSION}-job-{job_id}")
}

/// A role to act as.
#[derive(Clone, Debug, Default)]
pub(crate) struct AssumeRole {
    pub(crate) role_arn: String,
    pub(crate) external_id: Option<String>,
    /// Tells in AWS's audit log who acted; characters that AWS does not take are replaced.
    pub(crate) session_name: String,
    /// A session policy as JSON, which narrows what the role may; `None`: all that the role may.
    pub(crate) policy: Option<String>,
    /// `None`: AWS's own, an hour.
    pub(crate) duration_secs: Option<u32>,
    /// The role's trust policy has to allow `sts:TagSession`.
    pub(crate) tags: Vec<(String, String)>,
    /// The role's trust policy has to allow `sts:SetSourceIdentity`.
    pub(crate) source_identity: Option<String>,
    /// A token that AWS trusts; the host's own credentials are not used then.
    pub(crate) web_identity: Option<Secret>,
}

impl AssumeRole {
    /// Whose ECR tokens are whose: they carry what the session may. Tokens of a web identity carry no more than its role.
    pub(crate) fn principal(&self) -> String {
        let mut parts = vec![format!("role {}", self.role_arn)];
        parts.extend(self.policy.iter().map(|policy| format!("policy {policy}")));
        let tags = self.tags.iter();
        parts.extend(tags.map(|(key, value)| format!("tag {key}={value}")));
        parts.extend(
            self.source_identity
                .iter()
                .map(|who| format!("source {who}")),
        );
        if self.web_identity.is_some() {
            parts.push(format!("web identity {}", self.session_name));
        }
        parts.join("\n")
    }
}

impl Aws {
    fn ecr_call(
        &self,
        action: &'static str,
        resource: Resource<'_>,
        doing: impl std::fmt::Display,
    ) -> Call {
        Call {
            service: "ecr",
            action,
            resource: resource.arn(&self.region),
            region: self.region.clone(),
            role: self.role.clone(),
            doing: doing.to_string(),
        }
    }
}

/// What a call to ECR is about, as IAM names it.
enum Resource<'a> {
    Any,
    Repository { account: &'a str, name: &'a str },
}

impl Resource<'_> {
    fn arn(&self, region: &str) -> String {
        match self {
            Resource::Any => "*".to_owned(),
            Resource::Repository { account, name } => {
                let partition = crate::ecr_host::partition(region);
                format!("arn:{partition}:ecr:{region}:{account}:repository/{name}")
            }
        }
    }
}
