//! What runs behind the platform: its key, its state machine, its clusters.

use super::Known;
use crate::aws::Key;
use crate::doctor::finding::Finding;
use crate::doctor::looked::{Looked, Subject, look};

pub(super) async fn key(known: &Known<'_>, id: &str) -> Vec<Finding> {
    let looked = look(known.account.aws.key(id)).await;
    key_is(&known.subject("aws.key", "the key", id), looked)
}

fn key_is(subject: &Subject<'_>, looked: Looked<Key>) -> Vec<Finding> {
    let key = match subject.found(looked) {
        Ok(key) => key,
        Err(finding) => return vec![finding],
    };
    let id = subject.about;
    let state = match key.state.as_str() {
        "Enabled" => subject.ok(format!("the key `{id}` is enabled")),
        state => subject
            .wrong(format!("the key `{id}` is `{state}`: what is encrypted by it cannot be read"))
            .remedy("enable it, or cancel its deletion (`aws kms enable-key`, `aws kms cancel-key-deletion`)"),
    };
    let rotation = Subject {
        code: "aws.key.rotation",
        ..*subject
    };
    let rotation = match key.rotates {
        Some(true) => rotation.ok(format!("the key `{id}` rotates")),
        Some(false) => rotation
            .warning(format!("the key `{id}` does not rotate"))
            .remedy("switch it on: `aws kms enable-key-rotation`"),
        None => {
            Finding::unknown(rotation.code, "kms:GetKeyRotationStatus gave no answer").about(id)
        }
    };
    vec![state, rotation]
}

pub(super) async fn state_machine(known: &Known<'_>, arn: &str) -> Vec<Finding> {
    let looked = look(known.account.aws.state_machine_status(arn)).await;
    let subject = known.subject("aws.state-machine", "the state machine", arn);
    vec![active(&subject, looked)]
}

pub(super) async fn cluster(known: &Known<'_>, arn: &str) -> Vec<Finding> {
    let looked = look(known.account.aws.cluster_status(arn)).await;
    vec![active(
        &known.subject("aws.cluster", "the cluster", arn),
        looked,
    )]
}

fn active(subject: &Subject<'_>, looked: Looked<String>) -> Finding {
    let (what, about) = (subject.what, subject.about);
    match subject.found(looked) {
        Ok(status) if status == "ACTIVE" => subject.ok(format!("{what} `{about}` is active")),
        Ok(status) => subject
            .wrong(format!("{what} `{about}` is `{status}`"))
            .remedy("deploy the platform's stack that makes it"),
        Err(finding) => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::{State, Turn};

    const KEY: Subject<'_> = Subject {
        code: "aws.key",
        about: "k",
        what: "the key",
        turn: Turn::Platform,
        missing: "",
        identity: "",
    };

    #[test]
    fn a_key_is_enabled_and_rotates() {
        let states = |state: &str, rotates| {
            let key = Key {
                state: state.to_owned(),
                rotates,
            };
            let findings = key_is(&KEY, Looked::Found(key));
            (findings[0].state.name(), findings[1].state)
        };
        assert_eq!(states("Enabled", Some(true)), ("ok", State::Ok));
        assert_eq!(
            states("PendingDeletion", Some(false)),
            ("fault", State::Warning)
        );
        assert_eq!(states("Enabled", None).1, State::Unknown);
        assert_eq!(key_is(&KEY, Looked::Missing).len(), 1);
    }

    #[test]
    fn what_is_not_active_is_wrong() {
        let kind = |text: &str| active(&KEY, Looked::Found(text.to_owned())).kind();
        assert_eq!(kind("ACTIVE"), None);
        assert!(kind("INACTIVE").is_some() && kind("DELETING").is_some());
    }
}
