//! What the settings of this host need of AWS, and whether the policies of whoever does it allow that: IAM is asked, nothing is tried.
//!
//! Source of the actions: docs/build.md, docs/deploy.md, docs/audit.md.

use super::Known;
use crate::doctor::finding::{Finding, Kind, Statement, Turn};
use crate::doctor::looked::{Looked, look};
use crate::ecr_host::{EcrHost, partition};
use crate::settings::Settings;

const CODE: &str = "aws.permission";
const LOGIN: &[&str] = &["ecr:GetAuthorizationToken"];
const PUSH: &[&str] = &[
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
];
const CREATE: &[&str] = &["ecr:CreateRepository"];
const DEPLOY: &[&str] = &["ecs:DescribeServices", "ecs:UpdateService"];
const DEFINITIONS: &[&str] = &["ecs:DescribeTaskDefinition"];
const AUDIT: &[&str] = &["dynamodb:PutItem", "dynamodb:Query"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// ARN of a role; `None`: of the host itself.
    role: Option<String>,
    actions: &'static [&'static str],
    /// ARN, in which `*` stands for what a job fills in.
    resource: String,
}

/// Of grants and audit rows. Where `[[roles]]` rule, grants without a role of their own are other roles' work.
pub(crate) fn needs(settings: &Settings, region: &str) -> Vec<Need> {
    let mut all: Vec<Need> = Vec::new();
    let mut add = |role: &Option<String>, actions, resource: String| {
        let need = Need {
            role: role.clone(),
            actions,
            resource,
        };
        if !all.contains(&need) {
            all.push(need);
        }
    };
    let by_rules = !settings.roles.is_empty();
    let grants = settings
        .grants
        .iter()
        .filter(|rule| rule.role_arn.is_some() || !by_rules);
    for rule in grants {
        let role = &rule.role_arn;
        for (patterns, actions) in [(&rule.push, PUSH), (&rule.create, CREATE)] {
            for resource in patterns.iter().filter_map(|pattern| repository(pattern)) {
                add(role, LOGIN, "*".to_owned());
                add(role, actions, resource);
            }
        }
        for service in rule
            .deploy
            .iter()
            .filter(|pattern| pattern.starts_with("arn:"))
        {
            add(role, DEPLOY, any(service));
            add(role, DEFINITIONS, "*".to_owned());
        }
    }
    if let Some(table) = &settings.audit.table {
        let region = settings.audit.region.as_deref().unwrap_or(region);
        let resource = format!(
            "arn:{}:dynamodb:{region}:*:table/{table}",
            partition(region)
        );
        add(&settings.audit.role_arn, AUDIT, resource);
    }
    all
}

fn repository(pattern: &str) -> Option<String> {
    let (host, name) = pattern.split_once('/')?;
    let host: EcrHost = host.parse().ok()?;
    let (region, account) = (host.region(), host.account());
    let name = any(name);
    Some(format!(
        "arn:{}:ecr:{region}:{account}:repository/{name}",
        partition(region)
    ))
}

/// What a pattern leaves open, as IAM writes it.
fn any(pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        text.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    while text.contains("**") {
        text = text.replace("**", "*");
    }
    text
}

pub(super) async fn allowed(known: &Known<'_>, need: &Need) -> Vec<Finding> {
    let account = &known.caller.account;
    let principal = need.role.as_deref().unwrap_or(&known.identity);
    if principal.split(':').nth(4) != Some(account) {
        let because = format!("`{principal}` is another account's");
        return vec![Finding::not_looked_at(CODE, because).about(&need.resource)];
    }
    let resource = need
        .resource
        .replace(":*:table/", &format!(":{account}:table/"));
    let asked = known
        .account
        .aws
        .lacking(principal, need.actions, &resource);
    decide(
        &known.identity,
        principal,
        need.actions,
        &resource,
        look(asked).await,
    )
}

fn decide(
    identity: &str,
    principal: &str,
    actions: &[&str],
    resource: &str,
    looked: Looked<Vec<String>>,
) -> Vec<Finding> {
    let unknown = |why: &str| Finding::unknown(CODE, why).about(resource);
    let lacking = match looked {
        Looked::Found(lacking) => lacking,
        Looked::Missing => {
            return vec![unknown(&format!(
                "IAM knows no `{principal}`: a role with a path, perhaps"
            ))];
        }
        Looked::Forbidden { words, lacks } => {
            let statement = lacks.map(|(action, resource)| Statement {
                identity: identity.to_owned(),
                action,
                resource,
            });
            return vec![unknown(&words).statement(statement)];
        }
        Looked::Unreachable(words) | Looked::Strange(words) => return vec![unknown(&words)],
    };
    if lacking.is_empty() {
        let told = format!("`{principal}` may {} on `{resource}`", actions.join(", "));
        return vec![Finding::ok(CODE, told).about(resource)];
    }
    let fault = |action: String| {
        let told = format!(
            "the policies of `{principal}` do not allow `{action}` on `{resource}`, which the settings of this host need"
        );
        Finding::fault(CODE, Kind::Forbidden, told)
            .about(resource)
            .turn(Turn::Iam)
            .remedy("allow it: the statement is below; or take the grant away")
            .statement(Some(Statement {
                identity: principal.to_owned(),
                action,
                resource: resource.to_owned(),
            }))
    };
    lacking.into_iter().map(fault).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn resources(text: &str) -> Vec<String> {
        let settings = Settings::parse(text, Path::new("c")).unwrap();
        let needs = needs(&settings, "eu-west-1").into_iter();
        needs.map(|need| need.resource).collect()
    }

    #[test]
    fn what_grants_give_is_what_the_host_needs() {
        let grant = "[[grants]]\nprojects = [\"a/*\"]\n\
            push = [\"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{project}/**\", \"registry.example/x\"]\n\
            deploy = [\"arn:aws:ecs:eu-west-1:123456789012:service/lower/{name}\", \"local/x\"]\n";
        let wanted = [
            "*",
            "arn:aws:ecr:eu-west-1:123456789012:repository/*/*",
            "arn:aws:ecs:eu-west-1:123456789012:service/lower/*",
            "*",
        ];
        assert_eq!(resources(grant), wanted);
        let role =
            "[[roles]]\nprojects = [\"a/*\"]\nrole_arn = \"arn:aws:iam::123456789012:role/x\"\n";
        assert_eq!(resources(&format!("{grant}{role}")).len(), 0);
        assert_eq!(
            resources("[audit]\ntable = \"t\"\n"),
            ["arn:aws:dynamodb:eu-west-1:*:table/t"]
        );
    }

    #[test]
    fn each_action_that_is_lacking_is_a_statement() {
        let lacking = vec!["ecr:PutImage".to_owned()];
        let findings = decide("h", "h", PUSH, "arn:r", Looked::Found(lacking));
        assert_eq!(
            findings[0].statement.as_ref().unwrap().action,
            "ecr:PutImage"
        );
        assert_eq!(
            decide("h", "h", PUSH, "arn:r", Looked::Found(Vec::new()))[0].kind(),
            None
        );
        assert_eq!(
            decide("h", "h", PUSH, "arn:r", Looked::Missing)[0]
                .state
                .name(),
            "unknown"
        );
    }
}
