//! `auth` outside a job: the caller's own identity, and what the rules would say of a job that is supposed.

use std::path::Path;

use super::answer::{Answer, Explained, KeysTold, WhoAmI};
use super::request::{Place, Request};
use crate::auth::Claims;
use crate::aws::Aws;
use crate::cli::{AuthCommand, AuthExplainArgs};
use crate::dispatch::roles::{JobRoles, Work};
use crate::dispatch::runtime;
use crate::error::{Error, Result};
use crate::job::{Facts, Protection, Reference};
use crate::settings::Settings;

pub(super) fn answer(
    request: &Request,
    command: &AuthCommand,
    config: Option<&Path>,
) -> Result<Answer> {
    let settings = Settings::load(config)?;
    let work = async {
        match request {
            Request::Whoami { region } => {
                let region = region.as_deref().ok_or_else(|| {
                    Error::usage("which region's AWS to ask is not known")
                        .hint("name it by --region or AWS_REGION")
                })?;
                let aws = Aws::connect(&settings.aws, None, region).await;
                let caller = aws.caller().await?;
                Ok(Answer::Whoami(WhoAmI {
                    arn: Some(caller.arn),
                    account: Some(caller.account),
                    ..WhoAmI::default()
                }))
            }
            Request::Credentials { place } => {
                let aws = Aws::connect(&settings.aws, None, &place.region).await;
                let keys = aws.keys().await?;
                let role = settings.aws.role_arn.clone();
                Ok(Answer::Credentials(KeysTold::of(keys, role)))
            }
            Request::Explain { place } => {
                let AuthCommand::Explain(arguments) = command else {
                    return Err(Error::system("another thing is asked than was said"));
                };
                let (facts, claims) = supposed(arguments)?;
                let roles = JobRoles::supposed(&settings, &facts, claims);
                explain(&roles, place, &settings).await.map(Answer::Explain)
            }
        }
    };
    runtime()?.block_on(work)
}

/// The job that the flags suppose.
fn supposed(arguments: &AuthExplainArgs) -> Result<(Facts, Option<Claims>)> {
    let project = arguments.project.clone().ok_or_else(|| {
        Error::usage("there is no job here to explain")
            .hint("suppose one by --project PATH, and by --branch, --tag, --unprotected, --environment, --member-of")
    })?;
    let token = arguments.environment.is_some() || !arguments.member_of.is_empty();
    let claims = token.then(|| Claims {
        user_login: "somebody".to_owned(),
        groups: arguments.member_of.clone(),
        environment: arguments.environment.clone(),
        subject: String::new(),
    });
    let facts = Facts {
        project,
        project_id: 0,
        job_id: 0,
        user_id: None,
        reference: match &arguments.tag {
            Some(tag) => Reference::Tag(tag.clone()),
            None => Reference::Branch(arguments.branch.clone()),
        },
        protection: match arguments.unprotected {
            true => Protection::Unprotected,
            false => Protection::Protected,
        },
        side_key: String::new(),
    };
    Ok((facts, claims))
}

/// Which role, why, and whether the host gets it.
///
/// # Errors
/// `Refused` where no rule is for the job; what hinders finding the role. A role that cannot be taken is an answer.
pub(in crate::dispatch) async fn explain(
    roles: &JobRoles,
    place: &Place,
    settings: &Settings,
) -> Result<Explained> {
    let work = Work {
        account: &place.account,
        region: &place.region,
        services: &place.services,
        repositories: &place.repositories,
    };
    let mut explained = Explained {
        account: place.account.clone(),
        region: place.region.clone(),
        ..Explained::default()
    };
    let found = roles.role_for(&work).await?;
    let role = found.as_ref().map(|found| &found.role);
    let aws = Aws::connect(&settings.aws, role, &place.region).await;
    match aws.caller().await.map_err(Error::from) {
        Ok(caller) => explained.acts_as = Some(caller.arn),
        Err(error) => explained.hindrance = Some(error.into()),
    }
    let Some(found) = found else {
        return Ok(explained);
    };
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let by_token = found.role.web_identity.is_some();
    let mut actions = vec!["\"sts:AssumeRole\""];
    if !found.role.tags.is_empty() {
        actions.push("\"sts:TagSession\"");
    }
    if found.role.source_identity.is_some() {
        actions.push("\"sts:SetSourceIdentity\"");
    }
    let actions = actions.join(",");
    let role_arn = quoted(&found.role_arn);
    match by_token {
        false => {
            let host = Aws::connect(&settings.aws, None, &place.region).await;
            explained.host_statement = Some(format!(
                r#"{{"Effect":"Allow","Action":[{actions}],"Resource":{role_arn}}}"#
            ));
            if let Ok(caller) = host.caller().await {
                explained.trust_statement = Some(format!(
                    r#"{{"Effect":"Allow","Action":[{actions}],"Principal":{{"AWS":{}}}}}"#,
                    quoted(&role_behind(&caller.arn))
                ));
            }
        }
        true => {
            let url = settings.gitlab.url.as_deref().unwrap_or_default();
            let provider = url.trim_start_matches("https://").trim_end_matches('/');
            let audience = settings.gitlab.audience.as_deref().unwrap_or(url);
            let account = &place.account;
            explained.trust_statement = Some(format!(
                r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{{"Federated":"arn:{}:iam::{account}:oidc-provider/{provider}"}},"Condition":{{"StringEquals":{{"{provider}:aud":{},"{provider}:sub":{}}}}}}}"#,
                crate::ecr_host::partition(&place.region),
                quoted(audience),
                quoted(found.subject.as_deref().unwrap_or_default())
            ));
        }
    }
    explained.rule = Some(found.rule);
    explained.method = Some(found.method.to_owned());
    explained.role_arn = Some(found.role_arn);
    explained.session_name = Some(found.session_name);
    explained.how = found.how;
    Ok(explained)
}

/// `arn:aws:sts::1:assumed-role/NAME/SESSION` is a session of `arn:aws:iam::1:role/NAME`: policies name the role.
pub(in crate::dispatch) fn role_behind(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let named = |rest: &&str| {
        rest.strip_prefix("assumed-role/")?
            .split('/')
            .next()
            .map(str::to_owned)
    };
    match parts.as_slice() {
        [start, partition, "sts", region, account, rest] => match named(rest) {
            Some(name) => format!("{start}:{partition}:iam:{region}:{account}:role/{name}"),
            None => arn.to_owned(),
        },
        _ => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::role_behind;

    #[test]
    fn a_policy_names_the_role_and_not_its_session() {
        assert_eq!(
            role_behind("arn:aws:sts::123456789012:assumed-role/runner/i-0abc"),
            "arn:aws:iam::123456789012:role/runner"
        );
        let user = "arn:aws:iam::123456789012:user/ada";
        assert_eq!(role_behind(user), user);
    }
}
