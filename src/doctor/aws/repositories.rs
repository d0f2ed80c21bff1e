//! Repositories in ECR: that they are there, encrypted by a key of KMS, and scan what is pushed.

use super::Known;
use crate::aws::Repository;
use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::looked::{Looked, Subject, look};

pub(super) async fn of_backstage(known: &Known<'_>, name: &str) -> Vec<Finding> {
    let subject = known.subject("aws.backstage-repository", "Backstage's repository", name);
    let aws = known.account.aws;
    decide(
        &subject,
        look(aws.repository(&known.caller.account, name)).await,
    )
}

/// `owner`: the account, where it is not this host's own.
pub(super) async fn of_application(
    known: &Known<'_>,
    owner: Option<&str>,
    name: &str,
) -> Vec<Finding> {
    let subject = known.subject("aws.repository", "the repository", name);
    let owner = owner.unwrap_or(&known.caller.account);
    decide(
        &subject,
        look(known.account.aws.repository(owner, name)).await,
    )
}

fn decide(subject: &Subject<'_>, looked: Looked<Repository>) -> Vec<Finding> {
    let repository = match subject.found(looked) {
        Ok(repository) => repository,
        Err(finding) => return vec![finding],
    };
    let (what, name) = (subject.what, subject.about);
    let judge = |code, good: bool, is: &str, is_not: &str, remedy: &str| match good {
        true => Finding::ok(code, format!("{what} `{name}` {is}")).about(name),
        false => Finding::fault(code, Kind::Wrong, format!("{what} `{name}` {is_not}"))
            .about(name)
            .turn(Turn::Platform)
            .remedy(remedy),
    };
    vec![
        subject.ok(format!("{what} `{name}` is there")),
        judge(
            "aws.repository.encryption",
            repository.has_kms,
            "is encrypted by a key of KMS",
            "is not encrypted by a key of KMS",
            "encryption is chosen when a repository is made: make it anew with `encryptionType=KMS`, and push its images again",
        ),
        judge(
            "aws.repository.scan",
            repository.scans,
            "scans what is pushed",
            "does not scan what is pushed, as far as its own settings say",
            "`aws ecr put-image-scanning-configuration --image-scanning-configuration scanOnPush=true`",
        ),
    ]
}
