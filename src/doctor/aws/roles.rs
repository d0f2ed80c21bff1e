//! Whether this host may take a role: it is taken once, for the shortest time, with a session that may nothing.

use super::Known;
use crate::aws::{AssumeRole, Aws, SESSION};
use crate::doctor::finding::{Finding, Turn};
use crate::doctor::looked::{Looked, Subject, look};
use crate::settings::{RoleMethod, RoleSettings};

/// What is taken is not worth having. Source: IAM user guide, "Session policies".
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
/// The shortest that STS gives.
const SECS: u32 = 900;

pub(super) async fn taken(known: &Known<'_>, arn: String) -> Vec<Finding> {
    let account = known.account;
    let rule = account
        .roles
        .iter()
        .find(|rule| rule.role_arn.as_deref() == Some(&arn));
    let suffix = rule.map_or("", |rule| rule.session_suffix.as_str());
    let role = AssumeRole {
        role_arn: arn.clone(),
        external_id: rule.and_then(|rule| rule.external_id.clone()),
        session_name: format!("{SESSION}-doctor{suffix}"),
        policy: Some(NOTHING.to_owned()),
        duration_secs: Some(SECS),
        ..AssumeRole::default()
    };
    let aws = Aws::connect(account.settings, Some(&role), account.region).await;
    let looked = look(async { aws.keys().await.map(|_| Some(())) }).await;
    vec![decide(&known.identity, &arn, looked)]
}

fn decide(identity: &str, arn: &str, looked: Looked<()>) -> Finding {
    let subject = Subject {
        code: "aws.role",
        about: arn,
        what: "the role",
        turn: Turn::Platform,
        missing: "",
        identity,
    };
    match subject.found(looked) {
        Ok(()) => subject.ok(format!("the role `{arn}` can be taken")),
        Err(mut finding) => {
            if finding.statement.is_some() {
                finding.told = finding
                    .told
                    .replace("may not be looked at", "may not be taken");
                return finding.remedy(format!("and let the role's trust policy name `{identity}`; AWS answers the same for a role that is not there"));
            }
            finding
        }
    }
}

/// The roles that rules of `[[roles]]` name in full, as far as this host takes them with its own credentials.
pub(super) fn in_rules(rules: &[RoleSettings], account: &str) -> Vec<String> {
    let mut found: Vec<String> = rules
        .iter()
        .filter(|rule| rule.method != RoleMethod::Oidc)
        .filter_map(|rule| rule.role_arn.as_ref())
        .map(|arn| arn.replace("{account}", account))
        .filter(|arn| !arn.contains('{'))
        .collect();
    found.sort();
    found.dedup();
    found
}

pub(super) fn is_role(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let head = parts.next();
    let service = parts.nth(1);
    let tail = parts.nth(2).unwrap_or_default();
    let sound = arn.chars().all(|c| c.is_ascii_graphic());
    head == Some("arn")
        && service == Some("iam")
        && tail.len() > "role/".len()
        && tail.starts_with("role/")
        && sound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_roles_that_are_named_in_full_are_tried() {
        let rule = |arn: &str, method| RoleSettings {
            role_arn: Some(arn.to_owned()),
            method,
            ..RoleSettings::default()
        };
        let rules = [
            rule("arn:aws:iam::{account}:role/deployer", RoleMethod::Explicit),
            rule("arn:aws:iam::{account}:role/{name}", RoleMethod::Explicit),
            rule("arn:aws:iam::1:role/x", RoleMethod::Oidc),
        ];
        assert_eq!(in_rules(&rules, "9"), ["arn:aws:iam::9:role/deployer"]);
    }

    #[test]
    fn an_arn_of_a_role_is_no_other() {
        assert!(is_role("arn:aws:iam::123456789012:role/path/x"));
        for other in [
            "",
            "x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::1:user/x",
            "arn:aws:sts::1:role/x",
            "arn:aws:iam::1:role/a b",
        ] {
            assert!(!is_role(other), "{other}");
        }
    }

    #[test]
    fn a_role_that_refuses_needs_both_sides() {
        let denied = Looked::Forbidden {
            words: "no".to_owned(),
            lacks: Some(("sts:AssumeRole".to_owned(), "arn".to_owned())),
        };
        let finding = decide("me", "arn", denied);
        assert!(finding.remedies[1].contains("trust policy name `me`"));
        assert!(finding.told.contains("may not be taken"));
    }
}
