//! What the trail holds of one application.
//!
//! The table's key is the whole story of a row (account, region, who, what, when), so rows are read by key only where it is
//! known; all rows of an application take reading the table page by page. The index of the platform's table is on an
//! attribute that no writer sets.

use super::row::{COMPONENT, CREATED_AT, ID};
use super::tables::Tables;
use crate::aws::{Rows, Texts};
use crate::error::Result;

/// Which rows are asked for.
pub(crate) enum Wanted<'a> {
    Component(&'a str),
    /// The whole partition key.
    Id(&'a str),
}

/// Newest first.
pub(crate) struct Found {
    pub(crate) rows: Vec<Texts>,
    /// Rows that were read for it.
    pub(crate) read: u64,
}

/// All rows that are wanted, newest first; `since`: none created before it, as text (`2026-11-01`).
pub(crate) async fn find(
    tables: &Tables<'_>,
    region: &str,
    wanted: &Wanted<'_>,
    since: Option<&str>,
) -> Result<Found> {
    let table = tables.table(region).await?;
    let (mut rows, mut read, mut next) = (Vec::new(), 0, None);
    loop {
        let which = match wanted {
            Wanted::Component(name) => Rows::With {
                attributes: &COMPONENT,
                value: name,
            },
            Wanted::Id(id) => Rows::Of { key: ID, value: id },
        };
        let page = table.aws.rows(&table.name, which, next).await?;
        read += page.read;
        rows.extend(page.rows);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    let created = |row: &Texts| row.get(CREATED_AT).cloned().unwrap_or_default();
    rows.retain(|row| since.is_none_or(|since| created(row).as_str() >= since));
    rows.sort_by_key(|row| std::cmp::Reverse(created(row)));
    Ok(Found { rows, read })
}
