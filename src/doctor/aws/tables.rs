//! The platform's two tables: what they are keyed by, and what the rows of the mapping table lead to.
//!
//! Source: the platform's `dynamodb-tables-construct.ts` and `aws-auth.ts` (May 2023): `id` is `<account>-<group>`, of several rows
//! the oldest decides, in the group's order.

use std::collections::BTreeMap;

use super::Known;
use super::roles::{is_role, taken};
use crate::aws::{Failure, Rows, Schema, Texts};
use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::looked::{Looked, Subject, look};
use crate::settings::PlatformRevision;

const KEYS: [(&str, &str); 2] = [("id", "S"), ("createdAt", "S")];
/// A table of more rows is none of groups and roles.
const MOST_ROWS: usize = 5000;
/// Roles that are tried.
const MOST_ROLES: usize = 25;

pub(super) async fn audit(known: &Known<'_>, table: &str) -> Vec<Finding> {
    let looked = look(known.account.aws.schema(table)).await;
    keyed(
        &known.subject("aws.audit-table", "the audit table", table),
        "aws.audit-table.schema",
        looked,
    )
}

pub(super) async fn mapping(known: &Known<'_>, table: &str) -> Vec<Finding> {
    let looked = look(known.account.aws.schema(table)).await;
    let subject = known.subject("aws.mapping-table", "the mapping table", table);
    let mut findings = keyed(&subject, "aws.mapping-table.schema", looked);
    if findings.len() < 2 {
        return findings;
    }
    let rows = Subject {
        code: "aws.mapping-table.rows",
        ..subject
    };
    let found = match rows.found(look(all(known, table)).await) {
        Ok(found) => found,
        Err(finding) => {
            findings.push(finding);
            return findings;
        }
    };
    let platform = known.account.platform;
    // The later revision makes the table and never reads it.
    let is_read = platform.is_some_and(|one| one.revision == PlatformRevision::First);
    findings.extend(judged(&rows, &found, is_read));
    let mut roles: Vec<&String> = found
        .iter()
        .filter_map(|row| row.get("IAMRoleArn"))
        .collect();
    roles.retain(|arn| is_role(arn));
    roles.sort();
    roles.dedup();
    for arn in roles.into_iter().take(MOST_ROLES) {
        findings.extend(taken(known, arn.clone()).await);
    }
    findings
}

async fn all(known: &Known<'_>, table: &str) -> Result<Option<Vec<Texts>>, Failure> {
    let (mut rows, mut next) = (Vec::new(), None);
    loop {
        let page = known.account.aws.rows(table, Rows::All, next).await?;
        rows.extend(page.rows);
        next = page.next;
        if next.is_none() || rows.len() > MOST_ROWS {
            return Ok(Some(rows));
        }
    }
}

fn keyed(subject: &Subject<'_>, code: &'static str, looked: Looked<Schema>) -> Vec<Finding> {
    let schema = match subject.found(looked) {
        Ok(schema) => schema,
        Err(finding) => return vec![finding],
    };
    let (what, table) = (subject.what, subject.about);
    let there = match schema.status.as_str() {
        "ACTIVE" => subject.ok(format!("{what} `{table}` is there")),
        status => subject.wrong(format!("{what} `{table}` is `{status}`")),
    };
    let wanted = KEYS.map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    if schema.keys == wanted {
        let told = format!("{what} `{table}` is keyed by id and createdAt");
        return vec![there, Finding::ok(code, told).about(table)];
    }
    let keys: Vec<String> = schema
        .keys
        .iter()
        .map(|(name, kind)| format!("`{name}` ({kind})"))
        .collect();
    let told = format!(
        "{what} `{table}` is keyed by {}, and not by `id` and `createdAt`, both texts",
        keys.join(" and ")
    );
    let fault = Finding::fault(code, Kind::Wrong, told).about(table);
    vec![there, fault.turn(Turn::Platform).remedy("a table's key cannot be changed: make it anew as the platform's stack does, and copy its rows")]
}

/// What is wrong with the rows; one finding that all are good where nothing is.
fn judged(subject: &Subject<'_>, rows: &[Texts], is_read: bool) -> Vec<Finding> {
    let mut groups: BTreeMap<&str, Vec<&Texts>> = BTreeMap::new();
    for row in rows {
        let id = row.get("id").map_or("", String::as_str);
        groups.entry(id).or_default().push(row);
    }
    let mut findings = Vec::new();
    let role = |row: &Texts| row.get("IAMRoleArn").cloned().unwrap_or_default();
    let about = |finding: Finding, id: &str| finding.about(id);
    for (id, rows) in &groups {
        if let Some(row) = rows.iter().find(|row| !is_role(&role(row))) {
            let told = match role(row).as_str() {
                "" => format!("the row `{id}` has no `IAMRoleArn`"),
                other => format!("the row `{id}` has `{other}` in `IAMRoleArn`, which is no role"),
            };
            let finding = subject
                .wrong(told)
                .remedy("write the ARN of the group's role into it");
            findings.push(about(finding, id));
        }
        let first = role(rows[0]);
        if rows.iter().any(|row| role(row) != first) {
            let told = format!(
                "{} rows have the id `{id}` and lead to different roles: the oldest decides",
                rows.len()
            );
            let finding = subject
                .wrong(told)
                .remedy("remove the rows that are of the past");
            findings.push(about(finding, id));
        } else if rows.len() > 1 {
            let told = format!("{} rows have the id `{id}` and one role", rows.len());
            let finding = subject.warning(told).remedy("remove all but one");
            findings.push(about(finding, id));
        }
    }
    if rows.is_empty() && is_read {
        let told = format!(
            "the table `{}` has no rows: no group has a role",
            subject.about
        );
        findings.push(
            subject
                .wrong(told)
                .remedy("write one for each group, with `id`, `createdAt` and `IAMRoleArn`"),
        );
    }
    if findings.is_empty() {
        let told = format!("{} rows, each with a role of its own id", rows.len());
        findings.push(subject.ok(told));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject<'_> = Subject {
        code: "aws.mapping-table.rows",
        about: "t",
        what: "the mapping table",
        turn: Turn::Platform,
        missing: "",
        identity: "",
    };

    fn row(id: &str, role: &str) -> Texts {
        let texts = [("id", id), ("IAMRoleArn", role)];
        let given = texts.into_iter().filter(|(_, text)| !text.is_empty());
        given
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect()
    }

    fn told(rows: &[Texts]) -> Vec<(String, String)> {
        let findings = judged(&SUBJECT, rows, true).into_iter();
        findings
            .map(|one| (one.state.name().to_owned(), one.about))
            .collect()
    }

    const A: &str = "arn:aws:iam::123456789012:role/a";
    const B: &str = "arn:aws:iam::123456789012:role/b";

    #[test]
    fn rows_without_a_role_and_rows_that_disagree_are_wrong_and_doubles_are_told() {
        let pair = |state: &str, id: &str| (state.to_owned(), id.to_owned());
        assert_eq!(told(&[row("1-a", A), row("1-b", B)]), [pair("ok", "t")]);
        assert_eq!(
            told(&[row("1-a", A), row("1-a", B)]),
            [pair("fault", "1-a")]
        );
        assert_eq!(
            told(&[row("1-a", A), row("1-a", A)]),
            [pair("warning", "1-a")]
        );
        assert_eq!(
            told(&[row("1-a", ""), row("1-b", "b")]),
            [pair("fault", "1-a"), pair("fault", "1-b")]
        );
        assert_eq!(told(&[]), [pair("fault", "t")]);
        assert_eq!(judged(&SUBJECT, &[], false).len(), 1);
    }

    #[test]
    fn a_table_with_other_keys_is_wrong() {
        let schema = |keys: &[(&str, &str)]| {
            let keys = keys
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()));
            let schema = Schema {
                status: "ACTIVE".to_owned(),
                keys: keys.collect(),
            };
            let findings = keyed(&SUBJECT, "aws.mapping-table.schema", Looked::Found(schema));
            findings[1].kind()
        };
        assert_eq!(schema(&KEYS), None);
        assert_eq!(schema(&[("id", "S")]), Some(Kind::Wrong));
        assert_eq!(
            schema(&[("id", "S"), ("createdAt", "N")]),
            Some(Kind::Wrong)
        );
    }
}
