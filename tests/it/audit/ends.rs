//! Work that is cancelled or killed, and rows that cannot be written.

use std::path::Path;

use rustix::process::Signal;
use serde_json::json;

use super::{DONE, FAILED, audited_service, told};
use crate::support::cluster::ended_as;
use crate::support::{Site, eventually, sweeping};

#[test]
fn a_cancelled_deployment_has_its_last_row() {
    let site = Site::deploying().audited();
    let service = audited_service(&site);
    service.goes(json!([{"at": 0.1, "tasks": {"pending": 1, "running": 1}}]));
    let run = service.begin(&["restart"]);
    eventually("it has sent its update", || service.updates() == 1);
    run.signal(Signal::TERM);
    let ended = run.end();
    assert_eq!(ended.code, 143, "{ended}");
    let rows = site.audit_rows();
    assert_eq!(told(&rows), FAILED);
    assert!(rows[1]["message"].starts_with("cancelled"), "{rows:?}");
}

#[test]
fn what_a_killed_program_could_not_tell_is_told_by_the_next_sweep() {
    let site = Site::deploying().audited();
    let _turn = sweeping();
    let service = audited_service(&site);
    service.goes(json!([{"at": 0.1, "tasks": {"pending": 1, "running": 1}}]));
    let run = service.begin(&["restart"]);
    eventually("it has sent its update", || service.updates() == 1);
    run.signal(Signal::KILL);
    drop(run);
    assert_eq!(told(&site.audit_rows()), FAILED[..1]);
    site.here(Path::new("/"), &["executor", "sweep"])
        .succeeded();
    let rows = site.audit_rows();
    assert_eq!(told(&rows), FAILED);
    assert!(rows[1]["message"].contains("killed"), "{rows:?}");
    site.here(Path::new("/"), &["executor", "sweep"])
        .succeeded();
    assert_eq!(site.audit_rows().len(), 2, "it is told once");
}

#[test]
fn what_a_killed_job_could_not_tell_is_told_by_its_cleanup() {
    let site = Site::deploying().audited();
    let service = audited_service(&site);
    service.goes(json!([{"at": 0.1, "tasks": {"pending": 1, "running": 1}}]));
    let job = site.job().plain();
    let run = job.start_baws(&format!("restart {}", service.arn));
    eventually("it has sent its update", || service.updates() == 1);
    run.signal(Signal::KILL);
    run.end();
    job.cleaned_up();
    let rows = site.audit_rows();
    assert_eq!(told(&rows), FAILED);
    assert_eq!(
        (rows[0]["origin"].as_str(), rows[0]["name"].as_str()),
        ("GitLab-CI", "project")
    );
    assert!(rows[1]["message"].contains("killed"), "{rows:?}");
}

#[test]
fn a_last_row_that_cannot_be_written_is_kept_and_written_later() {
    let site = Site::alone().quickly().audited();
    let service = audited_service(&site);
    let body =
        json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "no"});
    let faults = site.aws_faults(&[("PutItem$", json!({"status": 500, "body": body, "skip": 1}))]);
    let (result, ended) = service.result(&["restart"]);
    ended_as(&result, &ended, "ok", 0);
    ended
        .says("the audit row of this is not written")
        .says("executor sweep");
    drop(faults);
    assert_eq!(told(&site.audit_rows()), DONE[..1]);
    site.here(Path::new("/"), &["executor", "sweep"])
        .succeeded();
    assert_eq!(told(&site.audit_rows()), DONE);
}

#[test]
fn a_row_whose_answer_is_lost_is_not_written_twice() {
    let site = Site::alone().quickly().audited();
    let service = audited_service(&site);
    let fault = json!({"times": 1, "after": {"drop": true}});
    let faults = site.aws_faults(&[("PutItem$", fault)]);
    let (result, ended) = service.result(&["restart"]);
    drop(faults);
    ended_as(&result, &ended, "ok", 0);
    assert_eq!(told(&site.audit_rows()), DONE);
}

#[test]
fn a_permission_that_the_trail_lacks_is_named() {
    let site = Site::alone().quickly().audited();
    let service = audited_service(&site);
    let policy = json!({"deny": ["dynamodb:PutItem"]});
    let denied = site.policy(&policy);
    let ended = service.baws(&["restart"]);
    drop(denied);
    assert_eq!(ended.code, 3, "{ended}");
    ended
        .says("dynamodb:PutItem")
        .says(&format!("table/{}", site.name));
    assert_eq!(service.updates(), 0);
    assert!(told(&site.audit_rows()).is_empty());
}
