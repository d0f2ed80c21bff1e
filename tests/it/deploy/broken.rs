//! A broken world: clocks that are off, credentials that end, answers of the future, a region that is not there.

use std::path::Path;

use serde_json::json;

use crate::support::cluster::ended_as;
use crate::support::{Site, Started};

#[test]
fn a_service_of_many_tasks_is_verified_page_by_page() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({"desired": 250}));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(
        (&told["running"], &told["desired"]),
        (&json!(250), &json!(250))
    );
}

#[test]
fn words_of_the_future_are_no_end() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    service.goes(json!([
        {"at": 0.05, "tasks": {"pending": 1, "running": 1}, "sd_status": "TELEPORTING", "lifecycle": "FOLDING_SPACE", "rollout": "DREAMING"},
        {"at": 0.4, "sd_status": "IN_PROGRESS", "complete": true},
    ]));
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
}

#[test]
fn credentials_that_end_in_the_middle_are_renewed() {
    let site = Site::alone().quickly();
    let (service, image) = site.changed(json!({}));
    let body = json!({"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"});
    let rule = json!({"status": 400, "body": body, "skip": 3, "times": 1});
    let _faults = site.aws_faults(&[("DescribeServices$", rule)]);
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
}

#[test]
fn a_clock_that_is_off_does_not_hide_what_has_landed() {
    for skew in [-600, 600] {
        let site = Site::alone().quickly();
        let (service, image) = site.changed(json!({}));
        let lost = json!({"times": 1, "after": "drop"});
        let _faults = site.aws_faults(&[
            ("UpdateService$", lost),
            ("AmazonEC2ContainerService", json!({"skew": skew})),
        ]);
        let (told, ended) = service.result(&["deploy", "--image", &image]);
        ended_as(&told, &ended, "ok", 0);
        assert_eq!(service.updates(), 1, "{skew}");
    }
}

#[test]
fn a_region_that_does_not_answer_is_told_as_that() {
    let site = Site::deploying();
    let arn = "arn:aws:ecs:eu-west-1:123456789012:service/lower/app";
    let mut command = site.command(Path::new("/"), &["restart", arn]);
    command.env("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:9");
    let ended = Started::begin(command, "restart", None).end();
    assert_eq!(ended.code, 12, "{ended}");
    ended.says("eu-west-1");
}

#[test]
fn two_pipelines_that_deploy_at_once_end_each_with_its_own_truth() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    let service = site.service(json!({}));
    // The first is under way until the second takes its place.
    service.goes(json!([{"at": 0.1, "tasks": {"pending": 1, "running": 1}}]));
    let older = site.pushed("one", "one");
    let newer = site.pushed("two", "two");
    let pin = |image: &str| {
        let image = image.to_owned();
        service.begin(&["deploy", "--strategy", "pin", "--image", &image, "--json"])
    };
    let first = pin(&older);
    crate::support::eventually("the first has begun", || service.updates() == 1);
    let second = pin(&newer);
    let (first, second) = (first.end(), second.end());
    assert_eq!((first.code, second.code), (8, 0), "{first}\n{second}");
}
