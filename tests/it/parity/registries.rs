//! Registries that fail when an image for a job is pulled: asked again only where that helps, each with its own sentence.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Ended, Site};

const MANIFEST: &str = "/v2/{}/app/manifests/";
const BLOB: &str = "GET /v2/{}/app/blobs/";

fn error(code: &str, message: &str) -> String {
    json!({"errors": [{"code": code, "message": message}]}).to_string()
}

/// What `prepare` says of this image while the registry behaves so; the engine has forgotten it before.
#[track_caller]
fn pulled(site: &Site, image: &str, rules: &[(&str, Value)]) -> Ended {
    site.forget(image);
    let faults = site.faults(rules);
    let job = site.job().image(image);
    let ended = job.prepare();
    drop(faults);
    job.cleaned_up();
    ended
}

#[test]
fn what_passes_is_outlasted() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let rate = error("TOOMANYREQUESTS", "Rate exceeded");
    for (times, fault, told) in [
        (
            2,
            json!({"status": 429, "body": rate, "headers": {"Retry-After": "3"}}),
            Some("trying again in 2 s"),
        ),
        // With one failure less an engine helps itself.
        (
            2,
            json!({"status": 500, "body": "oops"}),
            Some("trying once more"),
        ),
        (1, json!({"drop": true}), None),
    ] {
        let mut rule = fault;
        rule["times"] = times.into();
        let ended = pulled(&site, &image, &[(MANIFEST, rule)]).succeeded();
        assert!(
            told.is_none_or(|told| ended.err().contains(told)),
            "{ended}"
        );
    }
    // Engines ask for a layer again by themselves.
    let cut = json!({"cut_response_after": 100, "times": 1});
    pulled(&site, &image, &[(BLOB, cut)]).succeeded();
}

#[test]
fn a_login_of_the_hosts_that_is_refused_is_made_anew_once() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let body = error("UNAUTHORIZED", "authentication required");
    let once = json!({"status": 401, "body": body, "times": 1});
    pulled(&site, &image, &[(MANIFEST, once)]).succeeded();
    let always = json!({"status": 401, "body": body});
    pulled(&site, &image, &[(MANIFEST, always)])
        .system_failure()
        .says("error: the registry does not let this host pull the image")
        .says("`ecr:BatchGetImage`")
        .within_secs(15);
}

#[test]
fn a_login_of_the_jobs_that_may_not_read_is_named() {
    let site = Site::new();
    let image = site.image_of_ecr();
    site.forget(&image);
    let auths = json!({"auths": {site.host(): {"username": "AWS", "password": "s3cret"}}});
    let job = site
        .job()
        .image(&image)
        .secret("DOCKER_AUTH_CONFIG", &auths.to_string());
    let ended = job
        .prepare()
        .refused()
        .says("error: this job may not pull the image")
        .says("the login `AWS` for `")
        .within_secs(15);
    assert!(!ended.err().contains("s3cret"), "{ended}");
    job.cleaned_up();
    let body = error(
        "DENIED",
        "User: arn:aws:iam::1:user/a is not authorized to perform: ecr:BatchGetImage",
    );
    pulled(
        &site,
        &image,
        &[(MANIFEST, json!({"status": 403, "body": body}))],
    )
    .system_failure()
    .says("error: the registry does not let this host pull the image");
}

#[test]
fn what_stays_is_named_and_not_the_jobs_fault() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let rate = error("TOOMANYREQUESTS", "Rate exceeded");
    pulled(
        &site,
        &image,
        &[(MANIFEST, json!({"status": 429, "body": rate}))],
    )
    .system_failure()
    .says("error: the registry of `")
    .says("is being asked too often");
    pulled(
        &site,
        &image,
        &[(MANIFEST, json!({"status": 500, "body": "oops"}))],
    )
    .system_failure()
    .says("has a fault of its own");
}

#[test]
fn an_image_that_the_registry_lost_is_refused_at_once() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let body = error("MANIFEST_UNKNOWN", "Requested image not found");
    pulled(
        &site,
        &image,
        &[(MANIFEST, json!({"status": 404, "body": body}))],
    )
    .refused()
    .says("error: there is no image `")
    .within_secs(10);
}

#[test]
fn a_registry_of_1_kb_a_second_does_not_hold_a_cancelled_job() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let slow = site.faults(&[(BLOB, json!({"bps": 20}))]);
    let job = site.job().image(&image);
    let started = job.start("prepare");
    // The engine has asked for a layer long before.
    std::thread::sleep(Duration::from_secs(2));
    started.signal(Signal::TERM);
    started
        .end()
        .system_failure()
        .says("the runner ended the fetching of its images after ")
        .within_secs(10);
    drop(slow);
    job.cleaned_up();
}
