//! The permissions that are missing, as policies to paste: one document for each identity. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::finding::{Finding, Statement};

/// Identity and document.
pub(crate) fn policies(findings: &[Finding], host: &str) -> Vec<(String, Value)> {
    let mut all: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    let statements = findings.iter().filter_map(|one| one.statement.as_deref());
    for Statement {
        identity,
        action,
        resource,
    } in statements
    {
        let identity = match identity.is_empty() {
            true => host,
            false => identity,
        };
        let resources = all.entry(identity.to_owned()).or_default();
        let resources = resources.entry(action.clone()).or_default();
        if !resources.contains(resource) {
            resources.push(resource.clone());
        }
    }
    let document = |actions: BTreeMap<String, Vec<String>>| {
        let statements = actions.into_iter().map(|(action, mut resources)| {
            resources.sort();
            json!({"Effect": "Allow", "Action": action, "Resource": resources})
        });
        json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
    };
    all.into_iter()
        .map(|(identity, actions)| (identity, document(actions)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Kind;

    #[test]
    fn one_document_for_each_identity_and_one_statement_for_each_action() {
        let lacking = |identity: &str, action: &str, resource: &str| {
            let statement = Statement {
                identity: identity.to_owned(),
                action: action.to_owned(),
                resource: resource.to_owned(),
            };
            Finding::fault("aws.x", Kind::Forbidden, "").statement(Some(statement))
        };
        let findings = [
            lacking("a", "ssm:GetParameter", "p/2"),
            lacking("a", "ssm:GetParameter", "p/1"),
            lacking("a", "ssm:GetParameter", "p/1"),
            lacking("", "ec2:DescribeInstances", "*"),
        ];
        let found = policies(&findings, "h");
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].1["Statement"][0]["Resource"],
            json!(["p/1", "p/2"])
        );
        assert_eq!(found[1].0, "h");
    }
}
