//! The platform's part of AWS: who this host is there, what the parameters name and whether that is as it has to be.
//!
//! Each file asks for facts through the workshop and decides in a pure function. Read next: `parameters`, which leads to the rest.

mod identity;
mod parameters;
mod permissions;
mod repositories;
mod roles;
mod running;
mod secrets;
mod tables;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;

pub(crate) use permissions::{Need, needs};

use super::finding::{Finding, Turn};
use super::looked::Subject;
use super::names::Platform;
use crate::aws::{Aws, Caller};
use crate::settings::{AwsSettings, RoleSettings};

/// Questions at a time: AWS counts them.
const AT_A_TIME: usize = 8;

/// What is looked at, and as whom.
pub(crate) struct Account<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) settings: &'a AwsSettings,
    pub(crate) region: &'a str,
    /// `None`: only what the settings of this host need of AWS.
    pub(crate) platform: Option<&'a Platform>,
    /// That has to be it.
    pub(crate) expected: Option<&'a str>,
    /// Of applications: account, where it is another one, and name.
    pub(crate) repositories: Vec<(Option<String>, String)>,
    pub(crate) roles: &'a [RoleSettings],
    /// What this host's own work needs.
    pub(crate) needs: Vec<Need>,
}

/// Who asks, once AWS has said so.
struct Known<'a> {
    account: &'a Account<'a>,
    caller: Caller,
    /// As policies name it.
    identity: String,
}

pub(super) async fn findings(account: &Account<'_>) -> Vec<Finding> {
    let (mut findings, caller) = identity::who(account).await;
    let Some(caller) = caller else {
        let because = "AWS does not say who this host is: see aws.identity";
        findings.push(Finding::not_looked_at("aws.parameter", because));
        return findings;
    };
    let known = Known {
        identity: identity::in_policies(&caller.arn),
        caller,
        account,
    };
    let mut questions: Vec<BoxFuture<'_, Vec<Finding>>> = Vec::new();
    match account.platform {
        Some(platform) => {
            for parameter in platform.parameters() {
                questions.push(Box::pin(parameters::parameter(&known, parameter)));
            }
            if platform.lacks_providers() {
                let because = "no provider is named: set `providers` in `[platform]` of the settings, or --provider";
                findings.push(Finding::not_looked_at("aws.parameter", because).about("providers"));
            }
            for shape in platform.secrets() {
                questions.push(Box::pin(secrets::secret(&known, shape)));
            }
        }
        None => findings.push(Finding::not_looked_at(
            "aws.parameter",
            "the platform is not looked at: set `revision` in `[platform]` of the settings, or --revision",
        )),
    }
    for (owner, name) in &account.repositories {
        questions.push(Box::pin(repositories::of_application(
            &known,
            owner.as_deref(),
            name,
        )));
    }
    for arn in roles::in_rules(account.roles, &known.caller.account) {
        questions.push(Box::pin(roles::taken(&known, arn)));
    }
    for need in &account.needs {
        questions.push(Box::pin(permissions::allowed(&known, need)));
    }
    let answers = futures_util::stream::iter(questions).buffered(AT_A_TIME);
    findings.extend(answers.collect::<Vec<_>>().await.into_iter().flatten());
    // The mapping table and a rule may name the same role.
    let mut seen = std::collections::BTreeSet::new();
    findings.retain(|one| one.code != "aws.role" || seen.insert(one.about.clone()));
    findings
}

impl Known<'_> {
    /// Something of the platform's, made by its stacks.
    fn subject<'s>(&'s self, code: &'static str, what: &'s str, about: &'s str) -> Subject<'s> {
        Subject {
            code,
            about,
            what,
            turn: Turn::Platform,
            missing: "deploy the platform's stack that makes it; or the prefix, the revision or the region is another one (`[platform]` of the settings)",
            identity: &self.identity,
        }
    }
}
