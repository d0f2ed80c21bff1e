//! Whether GitLab knows the tokens of this host's runners.

use super::{Registered, subject};
use crate::doctor::finding::{Finding, Turn};
use crate::doctor::looked::{Looked, look};
use crate::gitlab::Gitlab;

pub(super) async fn known(gitlab: &Gitlab, runners: &[Registered]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for runner in runners {
        let here = runner.url.trim_end_matches('/') == gitlab.address();
        findings.push(match here {
            true => {
                let looked = look(gitlab.verify_runner(&runner.token)).await;
                decide(&runner.name, looked)
            }
            false => {
                let because = format!("it is of another GitLab, `{}`", runner.url);
                Finding::not_looked_at("gitlab.runner", because).about(&runner.name)
            }
        });
    }
    findings
}

fn decide(name: &str, looked: Looked<u64>) -> Finding {
    let missing = "GitLab does not know its token: `baws-ci runner register` makes it anew";
    let subject = subject("gitlab.runner", "the runner", name, missing);
    match subject.found(looked) {
        Ok(id) => subject.ok(format!("the runner `{name}` is number {id} in GitLab")),
        Err(finding) => finding.turn(Turn::Host),
    }
}
