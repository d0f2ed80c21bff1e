//! The report for a terminal, and for programs.

use serde_json::{Value, json};

use super::report::{Report, Row};
use crate::output::columns;
use crate::output::visible;

/// One line for each repository, and one of totals.
pub(crate) fn text(report: &Report) -> String {
    let head = [
        "PROJECT", "KIND", "VERSION", "STATE", "DRIFT", "PIPELINE", "REQUEST",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(report.rows.iter().map(cells));
    let totals = report.totals().into_iter().filter(|(_, count)| *count > 0);
    let totals: Vec<String> = totals
        .map(|(state, count)| format!("{count} {}", state.name()))
        .collect();
    let totals = match totals.is_empty() {
        true => report.size(),
        false => format!("{}: {}", report.size(), totals.join(", ")),
    };
    format!("{}{totals}\n", columns(&rows))
}

fn cells(row: &Row) -> [String; 7] {
    let request = row
        .request
        .as_ref()
        .map(|one| format!("!{} {}", one.iid, one.state));
    let cells = [
        Some(row.project.clone()),
        row.kind.clone(),
        row.version.clone(),
        Some(row.state.name().to_owned()),
        Some(row.drift_counts()).filter(|counts| !counts.is_empty()),
        row.pipeline.as_ref().map(|one| one.status.clone()),
        request,
    ];
    cells.map(|cell| cell.map_or("–".to_owned(), |text| visible(&text, &[])))
}

/// `baws-ci/template-report/1`.
pub(crate) fn json(report: &Report) -> Value {
    let totals = report.totals().into_iter();
    let totals: serde_json::Map<String, Value> = totals
        .map(|(state, count)| (state.name().to_owned(), count.into()))
        .collect();
    json!({
        "schema": "baws-ci/template-report/1",
        "program": report.program,
        "templates": report.templates,
        "newest": report.newest,
        "generated_at": report.generated_at,
        "gitlab": report.gitlab,
        "totals": totals,
        "repositories": report.rows.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn entry(row: &Row) -> Value {
    let drift = row
        .drift
        .iter()
        .map(|one| json!({"kind": one.kind.name(), "path": one.path}));
    json!({
        "project": row.project,
        "url": row.url,
        "kind": row.kind,
        "version": row.version,
        "state": row.state.name(),
        "drift": drift.collect::<Vec<_>>(),
        "pipeline": row.pipeline.as_ref().map(|one| json!({"status": one.status, "url": one.url})),
        "request": row.request.as_ref().map(|one| {
            json!({"iid": one.iid, "title": one.title, "url": one.url, "state": one.state})
        }),
        "note": row.note,
    })
}

#[cfg(test)]
mod tests {
    use super::super::report::{State, example};
    use super::*;

    #[test]
    fn a_repository_is_a_line() {
        insta::assert_snapshot!(text(&example::small()), @r"
        PROJECT       KIND         VERSION  STATE    DRIFT                  PIPELINE  REQUEST
        apps/shop     ecs-service  1.3.0    drifted  1 missing, 1 modified  success   !12 opened
        apps/billing  lambda       1.4.0    current  –                      –         –
        apps/search   –            –        current  –                      –         –
        old/thing     –            –        skipped  –                      –         –
        4 repositories: 1 drifted, 1 skipped, 2 current
        ");
        let none = text(&example::report(Vec::new()));
        assert_eq!(none.lines().last(), Some("0 repositories"));
    }

    #[test]
    fn a_name_commands_no_terminal() {
        let rows = vec![example::row("a\u{1b}[2J\nb\u{202e}", State::Current)];
        let text = text(&example::report(rows));
        assert!(text.contains("a\\u{1b}[2J\\u{a}b\\u{202e}  –"), "{text}");
    }

    #[test]
    fn programs_get_everything() {
        let small = example::small();
        let value = json(&small);
        assert_eq!(value["schema"], "baws-ci/template-report/1");
        assert_eq!(value["totals"]["current"], 2);
        assert_eq!(value["totals"]["failed"], 0);
        assert_eq!(
            value["repositories"][0],
            json!({
                "project": "apps/shop",
                "url": "https://gitlab.example/apps/shop",
                "kind": "ecs-service",
                "version": "1.3.0",
                "state": "drifted",
                "drift": [
                    {"kind": "modified", "path": ".gitlab-ci.yml"},
                    {"kind": "missing", "path": "deploy/task.json"},
                ],
                "pipeline": {"status": "success", "url": "https://gitlab.example/apps/shop/-/pipelines/7"},
                "request": {
                    "iid": 12,
                    "title": "Update templates to 1.4.0",
                    "url": "https://gitlab.example/apps/shop/-/merge_requests/12",
                    "state": "opened",
                },
                "note": "two files conflict",
            })
        );
        assert_eq!(value["repositories"][3]["request"], Value::Null);
    }
}
