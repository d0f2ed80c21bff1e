//! How a deployment ends: each end has its own name, exit code and explanation.

use serde_json::json;

use crate::support::Site;
use crate::support::cluster::ended_as;

#[test]
fn a_deployment_is_good_when_the_pushed_digest_runs_in_every_task() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    let digest = image.split_once('@').expect("it has a digest").1;
    assert_eq!(told["schema"], "baws-ci/deployment/1");
    assert_eq!(told["verified"], "yes");
    assert_eq!(told["digests_observed"], json!([digest]));
    assert_eq!(service.updates(), 1);
    let short: String = digest.chars().take("sha256:".len() + 12).collect();
    assert!(
        ended
            .err()
            .lines()
            .any(|line| line.contains("verified: digest")
                && line.contains(&short)
                && line.ends_with("runs in 2 of 2 tasks")),
        "{ended}"
    );
}

#[test]
fn a_pinned_deployment_copies_the_definition_and_loses_no_field_of_it() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({"definition": {"futureOfTasks": {"depth": [1, "two"]}, "tags": [{"key": "team", "value": "shop"}]}}));
    let (told, ended) = service.result(&["deploy", "--strategy", "pin", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    let shown = service.shown();
    let definitions = shown["definitions"].as_array().expect("it is a list");
    let newest = definitions.last().expect("one was made");
    assert_eq!(
        newest["futureOfTasks"],
        json!({"depth": [1, "two"]}),
        "{newest:#}"
    );
    let digest = image.split_once('@').expect("it has a digest").1;
    let pinned = newest["containerDefinitions"][0]["image"]
        .as_str()
        .unwrap_or_default();
    assert!(pinned.ends_with(&format!("@{digest}")), "{pinned}");
    assert_ne!(
        told["task_definition_after"],
        told["task_definition_before"]
    );
}

#[test]
fn a_rollback_is_told_as_one_in_both_of_its_shapes() {
    for (shape, modern) in [
        ("old_id", true),
        ("new_id", true),
        ("old_id", false),
        ("new_id", false),
    ] {
        let site = Site::deploying();
        let (service, image) = site.changed(json!({"service_deployments": modern}));
        service.goes(json!([
            {"at": 0.05, "tasks": {"pending": 2, "running": 0}},
            {"at": 0.1, "stopped_task": {"stop_code": "EssentialContainerExited", "reason": "Essential container in task exited", "container": "app", "exit_code": 1, "count": 3, "log": ["starting", "no database"]}},
            {"at": 0.15, "sd_status": "ROLLBACK_IN_PROGRESS", "sd_reason": "Service deployment rolled back because the circuit breaker threshold was exceeded.", "breaker": {"status": "TRIGGERED", "failures": 3, "threshold": 3}, "rollback": shape},
            {"at": 0.6, "sd_status": "ROLLBACK_SUCCESSFUL", "rollback": shape, "done": true},
        ]));
        let (told, ended) = service.result(&["deploy", "--image", &image]);
        ended_as(&told, &ended, "rolled_back", 6);
        let ended = ended.says("exit").says("no database");
        assert_eq!(service.updates(), 1, "{shape} {modern}: {ended}");
    }
}

#[test]
fn a_failed_deployment_shows_the_tasks_the_reason_and_the_last_lines() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({"breaker": "off"}));
    service.goes(json!([
        {"at": 0.05, "tasks": {"pending": 2, "running": 0}},
        {"at": 0.1, "stopped_task": {"stop_code": "EssentialContainerExited", "reason": "Essential container in task exited", "container": "app", "exit_code": 137, "container_reason": "OutOfMemoryError: Container killed due to memory usage", "count": 3, "log": ["loading 9 GB"]}},
    ]));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "failed", 5);
    ended.says("memory").says("loading 9 GB");
    assert_eq!(told["stopped_tasks"][0]["exit_code"], 137, "{told:#}");
    assert_eq!(service.updates(), 1);
}

#[test]
fn a_superseded_deployment_is_no_failure_and_no_rollback() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    for modern in [true, false] {
        let service = site
            .service(json!({"service": format!("app-{modern}"), "service_deployments": modern}));
        let image = site.pushed("latest", "after");
        service.goes(json!([
            {"at": 0.05, "tasks": {"pending": 1, "running": 1}},
            {"at": 0.2, "superseded": {"image_digest": format!("sha256:{}", "5".repeat(64))}},
        ]));
        let (told, ended) = service.result(&["deploy", "--image", &image]);
        ended_as(&told, &ended, "superseded", 8);
        assert!(
            told["superseded_by"]["deployment_id"].is_string(),
            "{told:#}"
        );
        assert!(told["rollback"].is_null(), "{told:#}");
    }
}

#[test]
fn a_newer_deployment_with_the_same_digest_is_followed() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    let digest = image.split_once('@').expect("it has a digest").1;
    service.goes(json!([
        {"at": 0.05, "tasks": {"pending": 1, "running": 1}},
        {"at": 0.2, "superseded": {"image_digest": digest}},
    ]));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(service.updates(), 1);
}

#[test]
fn other_digests_than_wanted_are_a_mismatch() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({"service_deployments": false}));
    let other = format!("sha256:{}", "7".repeat(64));
    service.goes(json!([{"at": 0.1, "digests": [other, other], "complete": true}]));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "mismatch", 10);
    assert_eq!(told["digests_observed"], json!([other]));
}

#[test]
fn a_deployment_that_takes_too_long_goes_on_without_us() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    service.goes(json!([{"at": 0.05, "tasks": {"pending": 2, "running": 0}}]));
    let (told, ended) = service.result(&["deploy", "--image", &image, "--timeout", "1s"]);
    ended_as(&told, &ended, "timed_out", 9);
    assert_eq!(service.updates(), 1);
}

#[test]
fn a_deployment_that_somebody_stopped_is_told_as_that() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    service.goes(json!([
        {"at": 0.05, "tasks": {"pending": 1, "running": 1}},
        {"at": 0.1, "sd_status": "STOPPED", "sd_reason": "Stopped by user"},
    ]));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "stopped", 11);
}

#[test]
fn a_pause_hook_is_waited_for_answered_or_left_as_was_asked() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    for (answer, outcome, code) in [("exit", "paused", 11), ("continue", "ok", 0)] {
        let service = site.service(json!({"service": format!("app-{answer}")}));
        let image = site.pushed("latest", "after");
        service.goes(json!([
            {"at": 0.05, "tasks": {"pending": 1, "running": 1}, "hook": {"id": "h-1", "kind": "PAUSE", "status": "AWAITING_ACTION"}},
        ]));
        let (told, ended) = service.result(&["deploy", "--image", &image, "--on-pause", answer]);
        ended_as(&told, &ended, outcome, code);
    }
}

#[test]
fn a_service_that_does_not_run_is_left_so_unless_it_is_to_be_started() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({"desired": 0}));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "not_running", 16);
    ended.says("--start");
    let (told, ended) = service.result(&["deploy", "--image", &image, "--start"]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(service.shown()["service"]["desiredCount"], 1);
}

#[test]
fn a_service_that_is_deleted_meanwhile_is_lost() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    service.goes(json!([
        {"at": 0.05, "tasks": {"pending": 1, "running": 1}},
        {"at": 0.15, "delete": true},
    ]));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "lost", 4);
}
