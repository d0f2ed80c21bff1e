//! A parameter of the platform's, and what it names.

use super::Known;
use super::{repositories, roles, running, tables};
use crate::doctor::finding::Finding;
use crate::doctor::looked::{Looked, look};
use crate::doctor::names::{Holds, Parameter};
use crate::rollout::clean;

const CODE: &str = "aws.parameter";
const LONGEST: usize = 80;

pub(super) async fn parameter(known: &Known<'_>, parameter: Parameter) -> Vec<Finding> {
    let aws = known.account.aws;
    let mut name = parameter.name.as_str();
    let mut looked = look(aws.parameter(name)).await;
    let mut holds = parameter.holds;
    if let (Looked::Missing, Some(other)) = (&looked, &parameter.or) {
        looked = look(aws.parameter(other)).await;
        if !matches!(looked, Looked::Missing) {
            // A cluster of EKS: nothing of ours works on it.
            (name, holds) = (other, Holds::Text);
        }
    }
    let subject = known.subject(CODE, "the parameter", name);
    let value = match subject.found(looked) {
        Ok(value) => value,
        Err(finding) => return vec![finding],
    };
    if let Some(why) = unfit(&value, holds) {
        let shown = clean(&value, LONGEST);
        let finding = subject.wrong(format!(
            "the parameter `{name}` holds `{shown}`, which {why}"
        ));
        return vec![
            finding
                .remedy("deploy the stack that writes it once more; nothing else has to write it"),
        ];
    }
    let mut findings = vec![subject.ok(format!("the parameter `{name}` is there"))];
    findings.extend(match holds {
        Holds::Text | Holds::Network | Holds::List | Holds::Role => Vec::new(),
        Holds::Key => running::key(known, &value).await,
        Holds::Repository => repositories::of_backstage(known, &value).await,
        Holds::MappingTable => tables::mapping(known, &value).await,
        Holds::AuditTable => tables::audit(known, &value).await,
        Holds::StateMachine => running::state_machine(known, &value).await,
        Holds::Cluster => running::cluster(known, &value).await,
        Holds::OwnRole => roles::taken(known, value).await,
    });
    findings
}

/// Why a value cannot be what it has to be.
fn unfit(value: &str, holds: Holds) -> Option<&'static str> {
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    let is_arn = |kind: &str| {
        let mut parts = value.splitn(6, ':');
        let head = (parts.next(), parts.nth(1));
        let tail = parts.nth(2).unwrap_or_default();
        let sound = value.chars().all(|c| c.is_ascii_graphic());
        head.0 == Some("arn") && head.1.is_some() && tail.starts_with(kind) && sound
    };
    match holds {
        Holds::Text => value.trim().is_empty().then_some("is empty"),
        Holds::Network => {
            (!value.starts_with("vpc-") || !is_word(value)).then_some("is no id of a VPC")
        }
        Holds::List => serde_json::from_str::<Vec<String>>(value)
            .is_err()
            .then_some("is no JSON list of ids"),
        Holds::Key => (!is_arn("key/")).then_some("is no ARN of a key"),
        Holds::StateMachine => (!is_arn("stateMachine:")).then_some("is no ARN of a state machine"),
        Holds::Cluster => (!is_arn("cluster/")).then_some("is no ARN of a cluster"),
        Holds::Role | Holds::OwnRole => (!is_arn("role/")).then_some("is no ARN of a role"),
        Holds::Repository => {
            let sound =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
            (value.is_empty() || !value.chars().all(sound)).then_some("is no name of a repository")
        }
        Holds::MappingTable | Holds::AuditTable => {
            // Source: DynamoDB API reference, `TableName`.
            let sound = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let fits = (3..=255).contains(&value.len()) && value.chars().all(sound);
            (!fits).then_some("is no name of a table")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_measured_by_what_it_has_to_name() {
        for (value, holds, fits) in [
            ("vpc-0123", Holds::Network, true),
            ("0123", Holds::Network, false),
            ("[]", Holds::List, true),
            ("[\"subnet-1\"]", Holds::List, true),
            ("subnet-1", Holds::List, false),
            (
                "arn:aws:kms:eu-west-1:123456789012:key/a-b",
                Holds::Key,
                true,
            ),
            ("a-b", Holds::Key, false),
            (
                "arn:aws:ecs:eu-west-1:123456789012:cluster/c",
                Holds::Cluster,
                true,
            ),
            (
                "arn:aws:ecs:eu-west-1:123456789012:service/c",
                Holds::Cluster,
                false,
            ),
            (
                "arn:aws:states:eu-west-1:123456789012:stateMachine:x",
                Holds::StateMachine,
                true,
            ),
            ("arn:aws:iam::123456789012:role/x", Holds::OwnRole, true),
            ("baws-solution-Audit1", Holds::AuditTable, true),
            ("a table", Holds::AuditTable, false),
            ("baws-backstage", Holds::Repository, true),
            ("\u{1b}[31m", Holds::Repository, false),
            ("  ", Holds::Text, false),
        ] {
            assert_eq!(unfit(value, holds).is_none(), fits, "{value} {holds:?}");
        }
    }
}
