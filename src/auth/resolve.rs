//! From a rule to a role: by its ARN, by the platform's table, by its name, or by the job's own ID token.
//!
//! Says how it got there, step by step: `auth explain` shows it.

use serde::Serialize;

use super::rule::Asking;
use super::{Claims, mapping, names};
use crate::aws::{AssumeRole, Aws, Failure, Rows, Texts};
use crate::error::{Cause, Error, Result};
use crate::job::Secret;
use crate::policy::fill;
use crate::settings::{RoleMethod, RoleSettings, TABLE_PARAMETER};

/// A row of the platform's table is small; one group has few.
const MOST_ROWS: usize = 1000;

/// The role for a job's work, and why.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Resolution {
    #[serde(skip)]
    pub(crate) role: AssumeRole,
    pub(crate) role_arn: String,
    pub(crate) session_name: String,
    /// From 1.
    pub(crate) rule: usize,
    pub(crate) method: &'static str,
    /// One sentence a step.
    pub(crate) how: Vec<String>,
    /// `sub` of the token that AWS is shown.
    pub(crate) subject: Option<String>,
}

/// `host`: AWS as the host itself, in the region of the work. `policy`: what the session is narrowed to.
///
/// # Errors
/// `Refused` where the rule cannot be followed for this job; `Precondition` for a table that names no role; what AWS says.
pub(crate) async fn resolve(
    number: usize,
    rule: &RoleSettings,
    asking: &Asking<'_>,
    host: &Aws,
    policy: Option<String>,
    token: Option<&Secret>,
) -> Result<Resolution> {
    let claims = asking.claims.ok();
    let mut how = Vec::new();
    let role_arn = match rule.method {
        RoleMethod::Explicit | RoleMethod::Oidc => {
            how.push(format!("rule {number} names the role"));
            filled(rule.role_arn.as_deref().unwrap_or_default(), asking, claims)?
        }
        RoleMethod::NamingConvention => {
            let name = filled(
                rule.role_name.as_deref().unwrap_or_default(),
                asking,
                claims,
            )?;
            how.push(format!("rule {number} makes the role's name: `{name}`"));
            let partition = crate::ecr_host::partition(asking.region);
            format!("arn:{partition}:iam::{}:role/{name}", asking.account)
        }
        RoleMethod::MappingTable => mapped(rule, asking, claims, host, &mut how).await?,
    };
    let web_identity = match rule.method {
        RoleMethod::Oidc => {
            how.push("AWS is shown the job's ID token".to_owned());
            let missing = || Error::refused("the job brings no ID token");
            Some(token.ok_or_else(missing)?.clone())
        }
        RoleMethod::Explicit | RoleMethod::NamingConvention | RoleMethod::MappingTable => None,
    };
    let session_name = names::session(asking.facts, &rule.session_suffix);
    let role = AssumeRole {
        role_arn: role_arn.clone(),
        external_id: rule.external_id.clone(),
        session_name: session_name.clone(),
        policy: policy.filter(|_| rule.narrow),
        duration_secs: Some(rule.session_duration_secs),
        tags: match rule.session_tags {
            true => names::tags(asking.facts, claims),
            false => Vec::new(),
        },
        source_identity: rule
            .source_identity
            .then(|| names::source_identity(asking.facts, claims)),
        web_identity,
    };
    Ok(Resolution {
        role,
        role_arn,
        session_name,
        rule: number,
        method: rule.method.name(),
        how,
        subject: claims
            .filter(|_| rule.method == RoleMethod::Oidc)
            .map(|claims| claims.subject.clone()),
    })
}

/// Puts facts into a text of the operator's.
fn filled(text: &str, asking: &Asking<'_>, claims: Option<&Claims>) -> Result<String> {
    let text = fill(text, asking.facts)
        .replace("{account}", asking.account)
        .replace("{region}", asking.region);
    if !text.contains("{environment}") {
        return Ok(text);
    }
    let environment = claims.and_then(|claims| claims.environment.as_deref());
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    match environment {
        Some(name) if name.len() <= 64 && name.chars().all(sound) => {
            Ok(text.replace("{environment}", name))
        }
        Some(name) => Err(Error::refused(format!(
            "the environment `{}` cannot stand in a role's name",
            name.escape_debug()
        ))
        .hint("name the environment with letters, digits, `_`, `-` and `.` only")),
        None => Err(
            Error::refused("the job has no environment, and its role is named after one")
                .hint("give the job `environment:` in the pipeline file"),
        ),
    }
}

/// The seed's steps: the table's name, then the rows of each group.
async fn mapped(
    rule: &RoleSettings,
    asking: &Asking<'_>,
    claims: Option<&Claims>,
    host: &Aws,
    how: &mut Vec<String>,
) -> Result<String> {
    let table = match &rule.table {
        Some(table) => table.clone(),
        None => {
            let name = rule.table_parameter.as_deref().unwrap_or(TABLE_PARAMETER);
            let found = host.parameter(name).await?;
            let table = found.filter(|text| !text.is_empty()).ok_or_else(|| {
                Error::precondition(format!(
                    "the parameter `{name}`, which holds the name of the mapping table, is not there in `{}`",
                    asking.region
                ))
                .hint("the operator names the table by `table` or `table_parameter` in `[[roles]]`")
            })?;
            how.push(format!("parameter `{name}` names the table `{table}`"));
            table
        }
    };
    let groups = rule.groups.iter();
    let groups = groups.map(|group| filled(group, asking, claims));
    if let Some(arn) = role_in(host, &table, asking.account, groups, how).await? {
        return Ok(arn);
    }
    let ids: Vec<String> = rule
        .groups
        .iter()
        .filter_map(|group| filled(group, asking, claims).ok())
        .map(|group| format!("`{}-{group}`", asking.account))
        .collect();
    Err(Error::refused(format!(
        "the table `{table}` has no row for this job's groups in account {}",
        asking.account
    ))
    .caused_by(Cause::line(format!("looked for {}", ids.join(", "))))
    .hint("the platform's operator adds a row, or changes `groups` in `[[roles]]`"))
}

/// The role that the platform's table gives a group, for a caller outside any job; `parameter` names the table.
///
/// # Errors
/// `Precondition` without a table, `Refused` without a row; what AWS says.
pub(crate) async fn role_of_group(
    host: &Aws,
    parameter: &str,
    account: &str,
    group: &str,
) -> Result<String> {
    let table = host.parameter(parameter).await?;
    let table = table.filter(|text| !text.is_empty()).ok_or_else(|| {
        Error::precondition(format!(
            "the parameter `{parameter}`, which holds the name of the mapping table, is not there"
        ))
        .hint("check --region and the account; or name the role by --role-arn")
    })?;
    let groups = std::iter::once(Ok(group.to_owned()));
    let found = role_in(host, &table, account, groups, &mut Vec::new()).await?;
    found.ok_or_else(|| {
        Error::refused(format!("the table `{table}` has no row `{account}-{group}`"))
            .hint("the platform's operator adds it; the group is written as the portal writes it, in kebab case")
    })
}

/// The role of the first group that has a row.
async fn role_in(
    host: &Aws,
    table: &str,
    account: &str,
    groups: impl Iterator<Item = Result<String>>,
    how: &mut Vec<String>,
) -> Result<Option<String>> {
    for group in groups {
        let id = format!("{account}-{}", group?);
        let rows = rows(host, table, &id).await?;
        match mapping::role_of(&rows, table, &id)? {
            Some(arn) => {
                how.push(format!("row `{id}` names the role"));
                if rows.len() > 1 {
                    how.push(format!("{} later rows of it play no part", rows.len() - 1));
                }
                return Ok(Some(arn));
            }
            None => how.push(format!("no row `{id}`")),
        }
    }
    Ok(None)
}

async fn rows(host: &Aws, table: &str, id: &str) -> Result<Vec<Texts>, Failure> {
    let (mut rows, mut next) = (Vec::new(), None);
    loop {
        let wanted = Rows::Of {
            key: mapping::ID,
            value: id,
        };
        let page = host.rows(table, wanted, next).await?;
        rows.extend(page.rows);
        match page.next {
            Some(more) if rows.len() < MOST_ROWS => next = Some(more),
            Some(_) | None => return Ok(rows),
        }
    }
}
