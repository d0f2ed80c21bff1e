//! The audit trail of orders.

use rustix::process::Signal;
use serde_json::json;

use super::Plot;
use crate::support::audit::Row;

fn told(rows: &[Row]) -> Vec<(&str, &str)> {
    rows.iter()
        .map(|row| (row["actionType"].as_str(), row["status"].as_str()))
        .collect()
}

#[test]
fn an_order_leaves_a_row_before_and_one_after_and_looks_leave_none() {
    let plot = Plot::audited();
    plot.start(&["--dry-run"]).ends(0);
    assert!(plot.site.audit_rows().is_empty());
    plot.start(&[]).ends(0);
    let rows = plot.site.audit_rows();
    assert_eq!(
        told(&rows),
        [("Create App", "IN PROGRESS"), ("Create App", "SUCCESS")]
    );
    for row in &rows {
        let own = [
            "name",
            "initiatedBy",
            "origin",
            "targetAccount",
            "targetRegion",
        ]
        .map(|key| row[key].as_str());
        assert_eq!(own, ["shop", "ada", "baws-ci", "123456789012", "eu-west-1"]);
    }
    let arn = plot.executions()[0]["arn"]
        .as_str()
        .expect("it has one")
        .to_owned();
    assert!(rows[1]["message"].contains(&arn), "{rows:?}");
    plot.start(&[]).ends(0);
    plot.run(&["status", &arn]).ends(0);
    assert_eq!(plot.site.audit_rows().len(), 2, "nothing was started");
}

#[test]
fn an_order_that_fails_or_is_interrupted_has_its_last_row() {
    let plot = Plot::audited();
    plot.goes(json!([{"at": 0, "enter": "A"}, {"at": 0, "failed": {"error": "E", "cause": "no"}}, {"at": 0.05, "fail": {}}]));
    plot.start(&["--action", "Create Resource"]).ends(5);
    plot.goes(json!([{"at": 0, "enter": "A"}]));
    let run = plot.begin(&["--cancel-on-interrupt", "--action", "Else"]);
    run.until_said("State `A`");
    run.signal(Signal::INT);
    run.end().ends(130);
    let rows = plot.site.audit_rows();
    assert_eq!(
        told(&rows),
        [
            ("Create Resource", "IN PROGRESS"),
            ("Create Resource", "FAILED"),
            ("Provision", "IN PROGRESS"),
            ("Provision", "FAILED")
        ]
    );
    assert!(rows[1]["message"].contains("`A` failed: E: no"), "{rows:?}");
    assert!(
        rows[3]["message"].starts_with("cancelled: the execution was stopped"),
        "{rows:?}"
    );
}

#[test]
fn what_cannot_be_audited_is_not_ordered() {
    let Plot {
        site,
        machine,
        catalog,
    } = Plot::audited();
    let site = site.set("audit.table_parameter", "\"/nobody/Audit\"");
    let plot = Plot {
        site,
        machine,
        catalog,
    };
    plot.start(&[]).ends(4).says("nothing was begun");
    assert!(plot.executions().is_empty());
}
