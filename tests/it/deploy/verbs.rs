//! The other verbs: restart, start, stop, rollback, status, run-task.

use serde_json::json;

use crate::support::Site;
use crate::support::cluster::ended_as;

#[test]
fn a_restart_sends_neither_definition_nor_count() {
    let site = Site::deploying();
    site.pushed("latest", "one");
    let service = site.service(json!({"desired": 3}));
    let (told, ended) = service.result(&["restart"]);
    ended_as(&told, &ended, "ok", 0);
    let request = &service.shown()["updates"][0]["request"];
    assert_eq!(request["forceNewDeployment"], true, "{request:#}");
    assert!(
        request["taskDefinition"].is_null() && request["desiredCount"].is_null(),
        "{request:#}"
    );
}

#[test]
fn a_service_is_stopped_and_started_by_its_desired_count() {
    let site = Site::deploying();
    site.pushed("latest", "one");
    let service = site.service(json!({}));
    let (told, ended) = service.result(&["stop"]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(service.shown()["service"]["desiredCount"], 0);
    let (told, ended) = service.result(&["start", "--count", "2"]);
    ended_as(&told, &ended, "ok", 0);
    let shown = service.shown();
    assert_eq!(
        (
            &shown["service"]["desiredCount"],
            &shown["service"]["runningCount"]
        ),
        (&json!(2), &json!(2))
    );
}

#[test]
fn a_rollback_goes_to_the_revision_before_or_to_the_one_that_is_named() {
    let site = Site::deploying();
    site.pushed("latest", "one");
    let service = site.service(json!({"revisions": 2}));
    let image = site.pushed("two", "two");
    let (told, ended) = service.result(&["deploy", "--strategy", "pin", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    let (told, ended) = service.result(&["rollback"]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(told["task_definition_after"], json!(service.definition));
    let (told, ended) = service.result(&["rollback", "--to", "1"]);
    ended_as(&told, &ended, "ok", 0);
    assert!(
        told["task_definition_after"]
            .as_str()
            .is_some_and(|arn| arn.ends_with(":1")),
        "{told:#}"
    );
    let ended = service.baws(&["rollback", "--to", "99"]);
    assert_eq!(ended.code, 4, "{ended}");
}

#[test]
fn status_tells_what_runs() {
    let site = Site::deploying();
    let image = site.pushed("latest", "one");
    let service = site.service(json!({}));
    let ended = service.baws(&["status", "--json"]).succeeded();
    let told: serde_json::Value = serde_json::from_slice(&ended.stdout).expect("it is JSON");
    let digest = image.split_once('@').expect("it has a digest").1;
    assert_eq!(told["schema"], "baws-ci/service/1");
    assert_eq!(
        (&told["running"], &told["desired"], &told["digests"]),
        (&json!(2), &json!(2), &json!([digest]))
    );
    service.baws(&["status"]).succeeded().printed("2 of 2");
}

#[test]
fn a_one_off_task_ends_with_its_containers_status_and_its_log() {
    let site = Site::deploying();
    site.pushed("latest", "one");
    let service = site.service(json!({}));
    service.scenario(json!({"for": "task", "steps": [
        {"at": 0.1, "tasks": {"pending": 0, "running": 1}},
        {"at": 0.3, "stopped_task": {"stop_code": "EssentialContainerExited", "reason": "Essential container in task exited", "container": "app", "exit_code": 3, "log": ["migrating", "no such table"]}},
    ]}));
    let (told, ended) = service.result(&["run-task", "--", "migrate"]);
    ended_as(&told, &ended, "task_failed", 13);
    assert_eq!(told["container_exit_code"], 3);
    ended.says("no such table");
    service.scenario(json!({"for": "task", "steps": [
        {"at": 0.2, "stopped_task": {"stop_code": "EssentialContainerExited", "reason": "Essential container in task exited", "container": "app", "exit_code": 0, "log": ["migrated"]}},
    ]}));
    let (told, ended) = service.result(&["run-task"]);
    ended_as(&told, &ended, "ok", 0);
    ended.says("migrated");
}
