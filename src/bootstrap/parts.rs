//! Parts of an order, each checked and made into what is wanted: names, environments, outputs, providers.

use serde_json::{Map, Value};

use super::backstage;
use super::catalog::Outputs;
use super::properties::{Approval, Properties, Target, Terraform};
use super::shapes::{OutputsOrder, ProviderOrder};
use super::stopped::Stopped;
use super::wanted::WantedEnvironment;
use crate::error::{Cause, Error};

pub(super) fn outputs(order: OutputsOrder) -> Outputs {
    Outputs {
        environment: order.environment,
        provider: order.provider,
        values: texts(order.values),
    }
}

/// Texts and numbers of an object; account ids come as both.
pub(super) fn texts(values: Map<String, Value>) -> Vec<(String, String)> {
    let pairs = values.into_iter();
    pairs
        .filter_map(|(key, value)| Some((key, backstage::plain(&value)?)))
        .collect()
}

pub(super) fn provider(order: ProviderOrder, name: &str, kind: &str) -> Properties {
    Properties {
        vpc_id: order.vpc_id,
        environment: order.environment,
        provider: order.provider,
        account: order.account,
        region: order.region,
        prefix: order.prefix,
        role_arn: order.role_arn,
        component: name.to_owned(),
        approval: match order.manual_approval {
            true => Approval::Manual,
            false => Approval::None,
        },
        target: match order.cluster_arn {
            Some(cluster_arn) => Target::Ecs { cluster_arn },
            None => Target::Serverless {
                private_subnets: order.private_subnets.unwrap_or_default(),
                public_subnets: order.public_subnets.unwrap_or_default(),
            },
        },
        terraform: match kind {
            "terraform" => Terraform::Yes,
            _ => Terraform::No,
        },
    }
}

/// Source: ECR, `CreateRepository`: lower case; the application's repository is called as it is. GitLab's own rules for paths
/// are wider.
pub(super) fn project_path(text: &str) -> Result<(String, String), Stopped> {
    let wrong = |why: &str| {
        Stopped::new(
            "wrong_name",
            Error::usage(format!(
                "`{}` names no project",
                crate::rollout::clean(text, 100)
            ))
            .caused_by(Cause::line(why)),
        )
    };
    let (group, name) = text
        .trim_matches('/')
        .rsplit_once('/')
        .ok_or_else(|| wrong("it has no group").hint("write it as GROUP/NAME"))?;
    let part = |part: &str| {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !part.is_empty()
            && part.bytes().all(sound)
            && !part.starts_with(['-', '.'])
            && !part.ends_with(['.', '-'])
            && !part.ends_with(".git")
            && !part.ends_with(".atom")
    };
    if !group.split('/').all(part) {
        return Err(wrong(
            "the group's path has letters that GitLab does not take",
        ));
    }
    let name_is_sound = part(name) && !name.contains(|c: char| c.is_ascii_uppercase());
    match name_is_sound && (2..=63).contains(&name.len()) {
        true => Ok((group.to_owned(), name.to_owned())),
        false => Err(wrong(
            "an application's name has 2 to 63 small letters, digits, `-`, `_` and `.`: ECR takes no others",
        )),
    }
}

/// A reference to an entity of Backstage. Source: Backstage, "Entity References": `[kind:][namespace/]name`, each of letters,
/// digits, `-`, `_` and `.`, at most 63.
pub(super) fn entity(text: &str) -> Result<String, Stopped> {
    let (kind, rest) = text
        .split_once(':')
        .map_or((None, text), |(kind, rest)| (Some(kind), rest));
    let (space, name) = rest
        .split_once('/')
        .map_or((None, rest), |(space, name)| (Some(space), name));
    let part = |part: &str| {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=63).contains(&part.len()) && part.bytes().all(sound)
    };
    match part(name) && kind.is_none_or(part) && space.is_none_or(part) {
        true => Ok(text.to_owned()),
        false => Err(Stopped::usage(format!(
            "`{}` names no owner",
            crate::rollout::clean(text, 100)
        ))
        .hint("write it as Backstage does, such as group:default/shop")),
    }
}

pub(super) fn environment(
    name: &str,
    tier: Option<&str>,
    url: Option<String>,
    protected: bool,
) -> Result<WantedEnvironment, Stopped> {
    // Source: GitLab, "Environments": letters, digits, spaces, `-`, `_`, `/`, `$`, `{`, `}`, `.`; 255 of them.
    let sound = |c: char| c.is_ascii_alphanumeric() || "-_/. ".contains(c);
    if name.is_empty() || name.len() > 255 || !name.chars().all(sound) {
        return Err(Stopped::usage(format!(
            "`{}` is no name of an environment",
            crate::rollout::clean(name, 80)
        )));
    }
    let guessed = match name {
        _ if name.starts_with("prod") => "production",
        _ if name.starts_with("stag") || name.starts_with("qa") => "staging",
        _ if name.starts_with("test") => "testing",
        _ => "development",
    };
    let tiers = ["production", "staging", "testing", "development", "other"];
    let tier = tier.unwrap_or(guessed);
    if !tiers.contains(&tier) {
        return Err(
            Stopped::usage(format!("`{tier}` is no tier of an environment"))
                .hint(format!("it is one of {}", tiers.join(", "))),
        );
    }
    if let Some(url) = &url {
        address(url, "environment")?;
    }
    Ok(WantedEnvironment {
        name: name.to_owned(),
        tier: tier.to_owned(),
        url,
        protected,
    })
}

pub(super) fn address(url: &str, of: &str) -> Result<(), Stopped> {
    match url.starts_with("https://") || url.starts_with("http://") {
        true => Ok(()),
        false => Err(Stopped::usage(format!(
            "the address of the {of}, `{}`, does not begin with https://",
            crate::rollout::clean(url, 100)
        ))),
    }
}
