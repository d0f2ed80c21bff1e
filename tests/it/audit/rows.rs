//! What a row holds, and what has rows.

use std::path::Path;

use serde_json::json;

use super::{DONE, FAILED, audited_service, told};
use crate::support::Site;
use crate::support::audit::Row;
use crate::support::cluster::ended_as;

const BAWS: [&str; 14] = [
    "actionType",
    "assumedRole",
    "createdAt",
    "createdDate",
    "id",
    "initiatedBy",
    "message",
    "name",
    "origin",
    "owner",
    "request",
    "status",
    "targetAccount",
    "targetRegion",
];

fn names(row: &Row) -> Vec<&str> {
    row.keys().map(String::as_str).collect()
}

#[test]
fn a_deployment_leaves_a_row_before_and_one_after_with_all_fourteen_attributes() {
    let site = Site::deploying().audited();
    let service = audited_service(&site);
    let image = site.pushed("latest", "after");
    // Images that were pushed before have rows of their own.
    let pushed = site.audit_rows().len();
    let (result, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&result, &ended, "ok", 0);
    let rows = site.audit_rows().split_off(pushed);
    assert_eq!(told(&rows), DONE);
    for row in &rows {
        assert_eq!(names(row), BAWS);
        assert_eq!(row["name"], "app");
        assert_eq!(row["createdDate"], row["createdAt"][..10]);
        let id = format!(
            "123456789012#eu-west-1#{}#Update ECS Service#{}",
            row["initiatedBy"], row["createdAt"]
        );
        assert_eq!(row["id"], id);
        assert!(row["request"].contains(&image), "{row:?}");
    }
    let digest = image.split_once('@').expect("it has a digest").1;
    assert!(rows[1]["message"].contains(digest), "{rows:?}");
}

#[test]
fn rows_of_the_second_revision_have_seventeen_attributes() {
    let site = Site::deploying()
        .audited()
        .set("audit.shape", "\"opa\"")
        .set("audit.prefix", "\"opa\"")
        .set("audit.provider", "\"lower\"");
    let service = audited_service(&site);
    service.baws(&["restart"]).succeeded();
    let rows = site.audit_rows();
    assert_eq!(told(&rows), DONE);
    for row in &rows {
        assert_eq!(row.len(), 17, "{row:?}");
        let own =
            ["appName", "actionName", "prefix", "providerName"].map(|name| row[name].as_str());
        assert_eq!(own, ["app", &format!("{}#app", site.name), "opa", "lower"]);
    }
}

#[test]
fn an_end_that_is_not_good_is_told_with_its_reason_and_looks_leave_no_row() {
    let site = Site::deploying().audited();
    let service = audited_service(&site);
    service.baws(&["status"]).succeeded();
    assert!(site.audit_rows().is_empty());
    service.goes(json!([{"at": 0.1, "sd_status": "STOPPED", "sd_reason": "by hand"}]));
    assert_ne!(service.baws(&["restart"]).code, 0);
    let rows = site.audit_rows();
    assert_eq!(told(&rows), FAILED);
    assert!(!rows[1]["message"].is_empty());
}

#[test]
fn what_cannot_be_audited_is_not_done() {
    let site = Site::deploying().audited();
    audited_service(&site);
    let site = site.set("audit.table_parameter", "\"/nobody/Audit\"");
    let again = |site: &Site| {
        let words = ["restart", service_arn(site).leak()];
        site.here(Path::new("/"), &words)
    };
    let ended = again(&site);
    assert_eq!(ended.code, 4, "{ended}");
    ended
        .says("does not name the audit table")
        .says("nothing was begun");
    let site = site.set("audit.deploy", "\"fail-open\"");
    again(&site)
        .succeeded()
        .says("this is not in the audit trail");
}

fn service_arn(site: &Site) -> String {
    format!(
        "arn:aws:ecs:eu-west-1:123456789012:service/{}/app",
        site.name
    )
}

#[test]
fn a_jobs_images_have_rows_and_what_it_may_not_push_has_none() {
    let site = Site::deploying().audited();
    let job = site.job().plain();
    job.baws("build --push -q -t $REPO:1 .").succeeded();
    let rows = site.audit_rows();
    assert_eq!(
        told(&rows),
        [("Build Image", "IN PROGRESS"), ("Build Image", "SUCCESS")]
    );
    assert!(rows[1]["message"].starts_with("sha256:"), "{rows:?}");
    let others = format!("{}/others/app:1", site.host());
    job.baws(&format!("build --push -q -t {others} ."))
        .failed_with(15);
    assert_eq!(site.audit_rows().len(), 2);
    job.cleaned_up();
}
