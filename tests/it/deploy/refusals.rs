//! What is refused before anything is touched, and what AWS refuses.

use serde_json::json;

use crate::support::Site;
use crate::support::cluster::ended_as;

#[test]
fn what_cannot_be_deployed_to_is_refused_before_anything_is_touched() {
    let site = Site::deploying();
    let image = site.pushed("latest", "one");
    let other = format!("{}@sha256:{}", site.repository("other"), "1".repeat(64));
    for (spec, image, words) in [
        (
            json!({"service": "drain", "status": "DRAINING"}),
            &image,
            "DRAINING",
        ),
        (
            json!({"service": "blue", "controller": "CODE_DEPLOY"}),
            &image,
            "CodeDeploy",
        ),
        (
            json!({"service": "ext", "controller": "EXTERNAL"}),
            &image,
            "external",
        ),
        (json!({"service": "else"}), &other, "does not use"),
    ] {
        let service = site.service(spec.clone());
        let (told, ended) = service.result(&["deploy", "--image", image]);
        ended_as(&told, &ended, "precondition", 4);
        let text = ended.err().to_lowercase();
        assert!(text.contains(&words.to_lowercase()), "{spec}: {ended}");
        assert_eq!(service.updates(), 0, "{spec}");
    }
}

#[test]
fn a_service_that_is_missing_is_named_with_what_to_do() {
    let site = Site::deploying();
    site.pushed("latest", "one");
    let service = site.service(json!({}));
    let missing = service.arn.replace("/app", "/none");
    let ended = site.here(std::path::Path::new("/"), &["deploy", &missing]);
    assert_eq!(ended.code, 4, "{ended}");
    ended.says("none");
}

#[test]
fn a_tag_that_was_moved_since_is_not_deployed_under_a_false_name() {
    let site = Site::deploying();
    let first = site.pushed("latest", "one");
    let service = site.service(json!({}));
    site.pushed("latest", "two");
    let (told, ended) = service.result(&["deploy", "--image", &first]);
    ended_as(&told, &ended, "precondition", 4);
    assert_eq!(service.updates(), 0);
    let (told, ended) = service.result(&["deploy", "--image", &first, "--strategy", "pin"]);
    ended_as(&told, &ended, "ok", 0);
}

#[test]
fn a_busy_service_is_waited_for_or_refused_as_was_asked() {
    let site = Site::deploying();
    let image = site.pushed("latest", "one");
    let service = site.service(json!({}));
    let newer = site.pushed("latest", "two");
    service.goes(
        json!([{"at": 0.05, "tasks": {"pending": 1, "running": 1}}, {"at": 8.0, "complete": true}]),
    );
    let (told, ended) = service.result(&["deploy", "--image", &newer, "--no-wait"]);
    ended_as(&told, &ended, "started", 0);
    let _ = image;
    let newest = site.pushed("latest", "three");
    let (told, ended) = service.result(&["deploy", "--image", &newest, "--if-busy", "fail"]);
    ended_as(&told, &ended, "precondition", 4);
    let (told, ended) = service.result(&["deploy", "--image", &newest, "--if-busy", "wait"]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(service.updates(), 2);
}

#[test]
fn a_missing_permission_is_named_with_the_action_and_the_resource() {
    let site = Site::alone().quickly();
    let (service, image) = site.changed(json!({}));
    for action in [
        "UpdateService",
        "DescribeServices",
        "DescribeTaskDefinition",
    ] {
        let rule = json!({"status": 400, "body": {"__type": "AccessDeniedException", "message": "User is not authorized"}});
        let _faults = site.aws_faults(&[(&format!("{action}$"), rule)]);
        let ended = service.baws(&["deploy", "--image", &image]);
        assert_eq!(ended.code, 3, "{action}: {ended}");
        ended.says(&format!("ecs:{action}"));
    }
}

#[test]
fn what_is_only_nice_to_have_degrades_with_a_note() {
    let site = Site::alone().quickly();
    site.pushed("latest", "before");
    for action in [
        "ListServiceDeployments",
        "DescribeServiceDeployments",
        "DescribeServiceRevisions",
    ] {
        let service = site.service(json!({"service": action}));
        let image = site.pushed("latest", action);
        let rule = json!({"status": 400, "body": {"__type": "AccessDeniedException", "message": "User is not authorized"}});
        let _faults = site.aws_faults(&[(&format!("{action}$"), rule)]);
        let (told, ended) = service.result(&["deploy", "--image", &image]);
        ended_as(&told, &ended, "ok", 0);
    }
}

#[test]
fn a_task_that_ecs_cannot_place_was_not_started_and_is_told_with_what_is_missing() {
    let site = Site::alone().quickly();
    site.pushed("latest", "one");
    let service = site.service(json!({}));
    let failures = json!([{"arn": "arn:aws:ecs:eu-west-1:123456789012:container-instance/1", "reason": "RESOURCE:MEMORY"}]);
    let rule = json!({"status": 200, "body": {"tasks": [], "failures": failures}});
    let _faults = site.aws_faults(&[("RunTask$", rule)]);
    let (told, ended) = service.result(&["run-task"]);
    ended_as(&told, &ended, "precondition", 4);
    ended.says("no task was started: RESOURCE:MEMORY");
}

#[test]
fn throttling_is_waited_out_and_told_only_where_it_does_not_end() {
    let site = Site::alone().quickly();
    let (service, image) = site.changed(json!({}));
    let throttled = |times: u32| json!({"status": 400, "body": {"__type": "ThrottlingException", "message": "Rate exceeded"}, "times": times});
    {
        let _faults = site.aws_faults(&[("AmazonEC2ContainerService", throttled(6))]);
        let (told, ended) = service.result(&["deploy", "--image", &image]);
        ended_as(&told, &ended, "ok", 0);
        assert!(!ended.err().contains("ThrottlingException"), "{ended}");
    }
    let _faults = site.aws_faults(&[("AmazonEC2ContainerService", throttled(100_000))]);
    let ended = service.baws(&["deploy", "--image", &image]);
    assert_eq!(ended.code, 12, "{ended}");
}
