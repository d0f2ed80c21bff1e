//! `audit list`, and the ends of work that did not tell them itself.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::runtime;
use crate::audit::{Found, Tables, Unsettled, Wanted, find};
use crate::aws::SESSION;
use crate::cli::AuditListArgs;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::output::{Output, columns};
use crate::rollout::clean;
use crate::settings::Settings;

/// The length of a day as text; what follows is compared as text too.
const DAY: usize = "2026-11-01".len();
const LONGEST_CELL: usize = 100;

pub(super) fn list(
    arguments: &AuditListArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    let settings = Settings::load(config)?;
    if let Some(since) = &arguments.since {
        check_day(since)?;
    }
    let variables = [Var::AwsRegion, Var::AwsDefaultRegion];
    let region = settings.audit.region.clone();
    let region = arguments.region.clone().or(region);
    let region = region.or_else(|| variables.into_iter().find_map(Var::text)).ok_or_else(|| {
        Error::usage("which region the audit table is in is not known")
            .hint("name it by --region or AWS_REGION; the operator may set `region` in `[audit]` of the settings")
    })?;
    let wanted = match (&arguments.id, &arguments.component) {
        (Some(id), _) => Wanted::Id(id),
        (None, Some(component)) => Wanted::Component(component),
        (None, None) => return Err(Error::usage("name an application, or a key by --id")),
    };
    let tables = Tables::of(&settings.audit, &settings.aws, SESSION.to_owned());
    let since = arguments.since.as_deref();
    let mut found = runtime()?.block_on(find(&tables, &region, &wanted, since))?;
    let all = found.rows.len();
    found.rows.truncate(arguments.limit);
    match arguments.json {
        true => output.data(format!("{}\n", as_json(arguments, &found))),
        false => output.data(table(&found)),
    }
    if all > found.rows.len() {
        output.status(format!(
            "{} of {all} rows; --limit shows more",
            found.rows.len()
        ));
    }
    if all == 0 {
        output.status(format!(
            "no row of this was found among {} that were read",
            found.read
        ));
    }
    Ok(())
}

fn check_day(since: &str) -> Result<()> {
    let is_day = since.len() >= DAY
        && since
            .bytes()
            .take(DAY)
            .enumerate()
            .all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
    match is_day {
        true => Ok(()),
        false => Err(
            Error::usage(format!("`--since {}` is no day", since.escape_debug()))
                .hint("write it as 2026-11-01, or with a time as 2026-11-01T12:00"),
        ),
    }
}

fn as_json(arguments: &AuditListArgs, found: &Found) -> serde_json::Value {
    json!({
        "schema": "baws-ci/audit/1",
        "component": arguments.component,
        "rows": found.rows,
        "rows_read": found.read,
    })
}

fn table(found: &Found) -> String {
    let title = ["TIME", "STATUS", "ACTION", "BY", "REQUEST", "MESSAGE"].map(str::to_owned);
    let row = |row: &crate::audit::Row| {
        [
            "createdAt",
            "status",
            "actionType",
            "initiatedBy",
            "request",
            "message",
        ]
        .map(|name| {
            row.get(name)
                .map(|text| clean(text, LONGEST_CELL))
                .unwrap_or_default()
        })
    };
    let rows: Vec<_> = std::iter::once(title)
        .chain(found.rows.iter().map(row))
        .collect();
    match found.rows.is_empty() {
        true => String::new(),
        false => columns(&rows),
    }
}

/// Writes the last rows of work whose process is gone; what hinders it is a warning to the operator, and no more.
pub(super) fn settle(settings: &Settings, state: Result<PathBuf>, output: &Output) {
    if !settings.audit.is_on() {
        return;
    }
    let failed = state.and_then(|state| {
        Ok(match Unsettled::of(&state) {
            Some(unsettled) => runtime()?.block_on(unsettled.settle(&settings.aws)),
            None => Vec::new(),
        })
    });
    for error in failed.unwrap_or_else(|error| vec![error]) {
        output.warning(super::audited::told(&error));
    }
}
