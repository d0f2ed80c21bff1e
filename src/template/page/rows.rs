//! The rows of the page's table.

use super::super::report::Row;
use super::{escaped, link};

/// One repository. Its class is its state; what a cell is called on a phone, and the sign of the state, are in the style: five
/// thousand rows have to stay small.
pub(super) fn row(row: &Row) -> String {
    let or_empty = |text: &Option<String>| text.as_deref().map_or(String::new(), escaped);
    let cells = [
        or_empty(&row.kind),
        or_empty(&row.version),
        row.state.name().to_owned(),
        drift(row),
        row.pipeline
            .as_ref()
            .map_or(String::new(), |one| link(&one.url, &one.status)),
        row.request.as_ref().map_or(String::new(), |one| {
            let name = link(&one.url, &format!("!{}", one.iid));
            format!(
                "{name} {} <q>{}</q>",
                escaped(&one.state),
                escaped(&one.title)
            )
        }),
        or_empty(&row.note),
    ];
    let cells: String = cells
        .iter()
        .map(|cell| format!("<td>{cell}</td>"))
        .collect();
    format!(
        "<tr class=\"{}\"><th scope=\"row\">{}</th>{cells}</tr>\n",
        row.state.name(),
        link(&row.url, &row.project)
    )
}

/// How many files, and, unfolded, which.
fn drift(row: &Row) -> String {
    if row.drift.is_empty() {
        return String::new();
    }
    let files: String = row
        .drift
        .iter()
        .map(|one| {
            format!(
                "<li>{} <code>{}</code></li>",
                one.kind.name(),
                escaped(&one.path)
            )
        })
        .collect();
    format!(
        "<details><summary>{}</summary><ul>{files}</ul></details>",
        row.drift_counts()
    )
}
