//! Who this host is for AWS, and whether in the account that is meant.

use super::Account;
use crate::aws::Caller;
use crate::doctor::finding::{Finding, Turn};
use crate::doctor::looked::{Looked, Subject, look};

/// And the caller, where AWS said so.
pub(super) async fn who(account: &Account<'_>) -> (Vec<Finding>, Option<Caller>) {
    let looked = look(async { account.aws.caller().await.map(Some) }).await;
    decide(looked, account.region, account.expected)
}

fn decide(
    looked: Looked<Caller>,
    region: &str,
    expected: Option<&str>,
) -> (Vec<Finding>, Option<Caller>) {
    let subject = |code| Subject {
        code,
        about: "",
        what: "this host's identity in AWS",
        turn: Turn::Host,
        missing: "",
        identity: "this host",
    };
    let caller = match subject("aws.identity").found(looked) {
        Ok(caller) => caller,
        Err(finding) => return (vec![finding], None),
    };
    let account = subject("aws.account");
    let told = format!("the account is `{}`, the region `{region}`", caller.account);
    let account = match expected {
        Some(expected) if expected != caller.account => account
            .wrong(format!(
                "{told}; the settings say the platform is in `{expected}`"
            ))
            .remedy(
                "give this host credentials of that account, or correct `account` in `[platform]`",
            ),
        Some(_) | None => account.ok(told),
    };
    let identity = subject("aws.identity").ok(format!("this host is `{}`", caller.arn));
    (vec![identity, account], Some(caller))
}

/// Policies belong to a role, not to one of its sessions. Source: IAM user guide, "IAM identifiers"; a role's path is not part of
/// its sessions' ARN, so a role with one has another ARN.
pub(super) fn in_policies(arn: &str) -> String {
    let session = arn.split_once(":assumed-role/");
    let Some((head, name)) = session else {
        return arn.to_owned();
    };
    let head = head.replacen(":sts:", ":iam:", 1);
    let name = name.split('/').next().unwrap_or_default();
    format!("{head}:role/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_role() {
        assert_eq!(
            in_policies("arn:aws:sts::123456789012:assumed-role/runner/i-1"),
            "arn:aws:iam::123456789012:role/runner"
        );
        let user = "arn:aws:iam::123456789012:user/x";
        assert_eq!(in_policies(user), user);
    }

    #[test]
    fn another_account_than_the_settings_say_is_wrong() {
        let caller = || {
            Looked::Found(Caller {
                account: "123456789012".to_owned(),
                arn: "arn:aws:iam::123456789012:user/x".to_owned(),
            })
        };
        let state = |expected| {
            let (findings, _) = decide(caller(), "eu-west-1", expected);
            findings[1].kind().map(|kind| kind.name())
        };
        assert_eq!(state(Some("210987654321")), Some("wrong"));
        assert_eq!((state(Some("123456789012")), state(None)), (None, None));
    }
}
